// SPDX-License-Identifier: Apache-2.0

/// The style sheet of a page: colours by name, in a light and a dark set.
enum PageStyle {
  static let text = """
    :root { color-scheme: light dark;
      --page: #ffffff; --ink: #222222; --quiet: #666666; --rule: #cccccc;
      --box: #eef3f8; --edge: #b8c8d8; --data: #2a6ca8;
      --alarm: #b3261e; --alarm-box: #fde2e0; --calm: #1b7a3d; }
    @media (prefers-color-scheme: dark) { :root {
      --page: #16181b; --ink: #e4e4e4; --quiet: #a0a4a8; --rule: #44484c;
      --box: #22303c; --edge: #48607a; --data: #6fb1ea;
      --alarm: #ff8a80; --alarm-box: #4a211f; --calm: #7bd197; } }
    * { box-sizing: border-box; }
    body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5em auto;
      max-width: 70em; padding: 0 1em; color: var(--ink);
      background: var(--page); overflow-wrap: anywhere; }
    h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; }
    .scroll { overflow-x: auto; }
    .alarm { color: var(--alarm); } .calm { color: var(--calm); }
    .strong, .alarm { font-weight: 600; }
    table { border-collapse: collapse; }
    th, td { padding: .2em .8em .2em 0; text-align: right;
      border-bottom: 1px solid var(--rule); vertical-align: top;
      font-variant-numeric: tabular-nums; white-space: nowrap; }
    th { font-weight: 600; } .text { text-align: left; }
    figure { margin: 1em 0; max-width: 44em; }
    figcaption { color: var(--quiet); font-size: .9em; }
    .timeline { padding: 0; list-style: none; }
    .timeline li { border-left: 3px solid var(--edge); margin: .5em 0;
      padding-left: .8em; }
    .timeline li.alarm { border-color: var(--alarm); }
    .timeline span { display: block; color: var(--quiet); font-weight: 400;
      font-size: .9em; }
    svg { font: 13px system-ui, sans-serif; }
    svg.plot { width: 100%; min-width: 29em; height: auto; }
    svg text { fill: var(--ink); } svg text.quiet { fill: var(--quiet); }
    svg text.alarm { fill: var(--alarm); }
    svg line { stroke: var(--rule); }
    svg .box { fill: var(--box); stroke: var(--edge); }
    svg .wrong { fill: var(--alarm-box); stroke: var(--alarm); }
    svg .area { fill: var(--box); stroke: var(--data); stroke-width: 1.5; }
    svg .bar { fill: var(--data); }
    svg .bar.alarm { fill: var(--alarm); }
    """
}
