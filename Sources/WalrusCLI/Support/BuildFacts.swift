import CBuildFacts
import WalrusFormat
import WalrusIO

/// What `walrus --version` tells: what was built of what, and what it finds on this machine.
enum BuildFacts {
    static var text: String {
        let facts = unsafe [
            ("commit", String(cString: wbuild_commit())),
            ("compiler", "Swift " + String(cString: wbuild_compiler())),
            ("build", build), ("target", target), ("checksums", FNV1a.kernel),
            ("io_uring", ring),
        ]
        return
            (["walrus \(Software.version)"]
            + facts.map { name, value in
                "  \(name)\(String(repeating: " ", count: 11 - name.utf8.count))\(value)"
            }).joined(separator: "\n")
    }

    private static var build: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    private static var target: String {
        #if arch(x86_64)
            let processor = "x86_64"
        #elseif arch(arm64)
            let processor = "aarch64"
        #else
            let processor = "unknown"
        #endif
        #if canImport(Musl)
            return processor + "-unknown-linux-musl"
        #else
            return processor + "-unknown-linux-gnu"
        #endif
    }

    private static var ring: String {
        switch RingBatchIO.probe() {
        case .idle, .used: "available"
        case .unavailable(let error): "not available: \(error)"
        case .disabled: "off by WALRUS_DISABLE_IO_URING"
        }
    }
}
