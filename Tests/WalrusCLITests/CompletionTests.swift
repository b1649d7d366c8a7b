import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

/// Completions and the manual page are made from the definitions: nothing that the help tells is
/// missing from them.
@Suite struct CompletionTests {
    /// Every verb with its long options, as its help tells them.
    private static func verbs() throws -> [(verb: String, options: [String])] {
        let help = try Subprocess.run(Subprocess.walrus, ["--help"]).text
        let list = help.split(separator: "SUBCOMMANDS:").last ?? ""
        let names = list.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("  "), !line.hasPrefix("   "), !line.contains("See '") else {
                return nil
            }
            return line.split(separator: " ").first.map(String.init)
        }
        return try names.map { name in
            let text = try Subprocess.run(Subprocess.walrus, ["help", name]).text
            let options = text.split(whereSeparator: { " ,/[]|\n".contains($0) })
                .filter { $0.hasPrefix("--") && $0.dropFirst(2).first?.isLetter == true }
                .map { String($0.prefix { $0.isLetter || $0 == "-" }) }
            return (name, Array(Set(options)).sorted())
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func scripts(shell: String) throws {
        let result = try Subprocess.run(Subprocess.walrus, ["completions", shell])
        #expect(result.status == 0 && result.errors.isEmpty)
        let verbs = try Self.verbs()
        #expect(verbs.count >= 19)
        for (verb, options) in verbs {
            #expect(result.text.contains(verb))
            for option in options {
                let word = shell == "fish" ? "-l '\(option.dropFirst(2))'" : option
                let other = shell == "fish" ? "-l \(option.dropFirst(2))" : option
                #expect(
                    result.text.contains(word) || result.text.contains(other), "\(verb) \(option)")
            }
        }
        #expect(try Subprocess.run(Subprocess.walrus, ["completions", "csh"]).status == 2)
    }

    /// The shells take the scripts, and complete with them.
    @Test(arguments: ["bash", "zsh", "fish"])
    func shells(shell: String) throws {
        let folder = try TempDirectory()
        try Directory.create(folder.path.appending("wal_files"))
        func offered(_ line: String) throws -> [String] {
            let zsh = FilePath(#filePath).removingLastComponent().appending("Data/complete.zsh")
            let scripts = [
                "bash": """
                source <("$walrus" completions bash)
                IFS=' ' read -ra COMP_WORDS <<<"$line"
                [[ $line == *' ' ]] && COMP_WORDS+=('')
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line}
                $(complete -p walrus | sed 's/.*-F \\([^ ]*\\).*/\\1/') walrus \
                    "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
                printf '%s\\n' "${COMPREPLY[@]}"
                """,
                "zsh": """
                mkdir -p functions && "$walrus" completions zsh >functions/_walrus
                timeout 60 zsh -f '\(zsh)' "$line" "$PWD/functions"
                """,
                "fish": """
                "$walrus" completions fish >walrus.fish
                fish --no-config -c 'source walrus.fish; complete -C "$line"'
                """,
            ]
            let result = try Subprocess.bash(
                try #require(scripts[shell]), directory: folder.path,
                environment: [
                    "line": line, "HOME": folder.path.string, "TERM": "dumb",
                    "PATH": "\(Subprocess.walrus.removingLastComponent()):/usr/bin:/bin",
                ])
            #expect(result.status == 0 && result.errors.isEmpty, "\(line): \(result.errors)")
            // fish tells what a word means behind a tab, zsh what ends a folder.
            return result.lines.map { line in
                let word = line.prefix { $0 != "\t" }
                return String(word.hasSuffix("/") ? word.dropLast() : word)
                    .trimmingSuffix(while: { $0 == " " })
            }
        }
        let verbs = try Self.verbs().map(\.verb)
        #expect(Set(try offered("walrus ")).isSuperset(of: verbs))
        #expect(try offered("walrus fore") == ["forecast"])
        #expect(try offered("walrus completions ").sorted() == ["bash", "fish", "zsh"])
        #expect(try offered("walrus consume --lim") == ["--limit"])
        #expect(
            Set(try offered("walrus topics wal_files -o ")).isSuperset(of: [
                "json", "jsonl", "text",
            ]))
        #expect(try offered("walrus topics wal_f").contains("wal_files"))
    }

    @Test func installation() throws {
        let folder = try TempDirectory()
        let script = FilePath(#filePath).removingLastComponent().removingLastComponent()
            .removingLastComponent().appending("scripts/install")
        let result = try Subprocess.bash(
            "DESTDIR='\(folder.path)' '\(script)' \"$walrus\" /usr && cd '\(folder.path)/usr' && "
                + "find * -type f | sort && bin/walrus --version | sed -n 1p")
        #expect(result.status == 0, "\(result.errors)")
        let files = [
            "bin/walrus", "share/bash-completion/completions/walrus",
            "share/fish/vendor_completions.d/walrus.fish", "share/man/man1/walrus.1",
            "share/zsh/site-functions/_walrus",
        ]
        #expect(result.lines.dropLast().map(String.init) == files)
        #expect(result.lines.last == "walrus \(Software.version)")
    }

    @Test func theManualPage() throws {
        let page = try Subprocess.run(Subprocess.walrus, ["manual"])
        #expect(page.status == 0 && page.errors.isEmpty)
        let plain = page.text.replacing("\\-", with: "-")
        for (verb, options) in try Self.verbs() {
            #expect(plain.contains(".SS \"walrus \(verb)"), "\(verb)")
            for option in options where !["--help", "--version"].contains(option) {
                #expect(plain.contains(option), "\(verb) \(option)")
            }
        }
        // Nothing but the macros that every man(7) knows, and text.
        let macros: Set<Substring> = [".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".br"]
        for line in page.lines where line.hasPrefix(".") || line.hasPrefix("'") {
            #expect(macros.contains(line.prefix { $0 != " " }), "\(line)")
        }
        let formatted = try Subprocess.bash(
            """
            if command -v groff >/dev/null; then
                "$walrus" manual | groff -man -ww -Tutf8 2>&1 >/dev/null
            fi
            """)
        #expect(formatted.status == 0 && formatted.text.isEmpty, "\(formatted.text)")
    }
}

extension String {
    fileprivate func trimmingSuffix(while isLeft: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isLeft(last) { text.removeLast() }
        return String(text)
    }
}
