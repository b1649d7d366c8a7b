public import SystemPackage

/// A system call that failed: what was tried, on which file, where, and why.
public struct IOError: Error, Hashable, Sendable {
    /// The work that failed, as a verb: "open", "read", "write", "sync".
    public let operation: String
    public let path: FilePath
    /// Bytes from the start of the file, where the work had a place.
    public let offset: Int?
    public let errno: Errno

    public init(_ operation: String, _ path: FilePath, at offset: Int? = nil, _ errno: Errno) {
        self.operation = operation
        self.path = path
        self.offset = offset
        self.errno = errno
    }

    /// What a person can do about it, where that is not plain from the message.
    public var advice: String? {
        switch errno {
        case .permissionDenied, .notPermitted:
            "run as a user who may do that, or mend the permissions"
        case .noSpace where path == StandardOutput.path,
            .diskQuotaExceeded where path == StandardOutput.path:
            "free some space where the output goes"
        case .noSpace, .diskQuotaExceeded:
            "free some space, then try again: nothing acknowledged is lost"
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
            "raise the limit of open files (ulimit -n)"
        case .readOnlyFileSystem: "the file system is mounted read-only"
        case .tooManySymbolicLinkLevels:
            "a symbolic link stands there, through which nothing is written: "
                + "put the file itself in its place, or take the link away"
        case .badFileDescriptor where path == StandardOutput.path: "the output is closed"
        case .badFileDescriptor:
            "a symbolic link leads to the file, which is only read therefore: "
                + "put the file itself in its place"
        case .notSupported where operation == "open":
            "it is no regular file: move it away, then try again"
        case .ioError: "the device reports an error: look at the kernel's log"
        default: nil
        }
    }
}

extension IOError: CustomStringConvertible {
    public var description: String {
        let place = offset.map { " at byte \($0)" } ?? ""
        let hint = advice.map { "; \($0)" } ?? ""
        return "cannot \(operation) \(path)\(place): \(errno)\(hint)"
    }
}
