// SPDX-License-Identifier: Apache-2.0

/// What the library asks of the machine below it: one small protocol for each
/// concern.
///
/// **Guarantee.** Whatever a walker or another CPU could see of the library,
/// it does through these protocols; between two accesses it touches nothing
/// that they could see. So the code that ships can be run on a real kernel's
/// direct map, on a simulated machine, and, one access at a time, in every
/// order that a search can think of.
///
/// A platform is a small copyable handle. Whatever changes lives behind it,
/// and every access is nonmutating.
///
/// ## Shared and private accesses
///
/// An access is *shared* when another CPU or a walker may take notice of it,
/// and *private* when the caller is the only one that could: a table that is
/// not linked yet, the links of a batch that one owns, a statistic. Each
/// requirement says which it is. A search gives others a turn at shared
/// accesses only.
public protocol Platform: TableMemory, FrameSource, Processors, Readers,
  Scheduling
{}

/// A platform whose IOMMUs a driver of the library's own manages.
public protocol IOMMUPlatform: Platform, IOMMURegisters {}
