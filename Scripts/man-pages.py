#!/usr/bin/env python3
"""Writes manual pages from what a command says of itself.

usage: man-pages.py PATH-OF-COMMAND FOLDER

Writes COMMAND.1, and COMMAND-SUBCOMMAND.1 for each subcommand, into FOLDER.
"""

import json
import os
import subprocess
import sys


def escaped(text):
    """Text that roff prints as it is."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").split("\n")
    return "\n".join(
        "\\&" + line if line[:1] in (".", "'") else line for line in lines)


def paragraphs(text):
    """Paragraphs; lines that begin with a blank are examples."""
    lines, is_example = [], False
    for line in text.split("\n"):
        if line.startswith("  ") != is_example and line:
            is_example = not is_example
            lines.append(".EX" if is_example else ".EE")
        lines.append(escaped(line) if line else ".PP")
    return lines + ([".EE"] if is_example else [])


def name(argument):
    """An argument as the command line has it, in bold and italics."""
    value = "\\fI" + escaped(argument.get("valueName", "")) + "\\fR"
    if argument["kind"] == "positional":
        return value
    names = ", ".join(
        "\\fB" + escaped(("-" if each["kind"] == "short" else "--")
                         + each["name"]) + "\\fR"
        for each in argument["names"])
    return names if argument["kind"] == "flag" else f"{names} {value}"


def page(command, path, version):
    title = "-".join(path)
    lines = [
        f'.TH {title.upper()} 1 "" "{version}"',
        ".SH NAME", escaped(f"{title} - {command.get('abstract', '')}"),
        ".SH SYNOPSIS", f"\\fB{escaped(' '.join(path))}\\fR",
    ]
    arguments = [a for a in command.get("arguments", []) if a["shouldDisplay"]]
    subcommands = [
        s for s in command.get("subcommands", []) if s["commandName"] != "help"]
    if subcommands:
        lines.append("\\fIsubcommand\\fR")
    if any(a["kind"] != "positional" for a in arguments):
        lines.append("[\\fIoptions\\fR]")
    lines += [name(a) for a in arguments if a["kind"] == "positional"]
    if command.get("discussion"):
        lines += [".SH DESCRIPTION"] + paragraphs(command["discussion"])
    if arguments:
        lines.append(".SH OPTIONS")
    for argument in arguments:
        text = " ".join(argument.get("abstract", "").split())
        if argument.get("defaultValue") and argument["kind"] == "option":
            text += f" (default: {argument['defaultValue']})"
        lines += [".TP", name(argument), escaped(text)]
    if subcommands:
        lines.append(".SH SUBCOMMANDS")
    for each in subcommands:
        lines += [
            ".TP", f"\\fB{escaped(title)}\\-{each['commandName']}\\fR(1)",
            escaped(each["abstract"])]
    return title, "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    command, folder = sys.argv[1:]

    def said(option):
        return subprocess.run(
            [command, option], check=True, capture_output=True,
            text=True).stdout

    root = json.loads(said("--experimental-dump-help"))["command"]
    version = said("--version").strip()
    pages = [page(root, [root["commandName"]], version)]
    for each in root["subcommands"]:
        if each["commandName"] != "help":
            pages.append(
                page(each, [root["commandName"], each["commandName"]], version))
    for title, text in pages:
        with open(os.path.join(folder, title + ".1"), "w") as file:
            file.write(text)


main()
