public import SystemPackage

/// A directory on a real disk, some files of which are read and written through memory maps.
public struct MappedStorage: Storage {
    private let disk: DiskStorage
    private let fileSize: Int
    private let unit: Int
    private let isMapped: @Sendable (String) -> Bool

    /// The directory `path`, which must exist. Files that `isMapped` picks by name are mapped when
    /// they are `fileSize` bytes long; all others are like those of `DiskStorage`. Space on disk is
    /// taken in parts of a `unit` at most.
    public init(
        _ path: FilePath, fileSize: Int, unit: Int, isMapped: @escaping @Sendable (String) -> Bool
    ) {
        disk = DiskStorage(path)
        self.fileSize = fileSize
        self.unit = unit
        self.isMapped = isMapped
    }

    public var path: FilePath { disk.path }

    public func open(_ name: String) throws(IOError) -> any StorageFile {
        let file = try disk.existing(name)
        guard isMapped(name), !file.isReadOnly, try file.size() == fileSize else { return file }
        return map(file)
    }

    public func create(_ name: String, size: Int) throws(IOError) -> any StorageFile {
        let file = try disk.make(name, size: size)
        return isMapped(name) && size == fileSize ? map(file) : file
    }

    private func map(_ file: DiskFile) -> MappedFile {
        MappedFile(file, size: fileSize, unit: unit)
    }

    public func list() throws(IOError) -> [DirectoryEntry] { try disk.list() }

    public func contents(of name: String) throws(IOError) -> [UInt8]? {
        try disk.contents(of: name)
    }

    public func replace(_ name: String, with bytes: [UInt8], temporary: String) throws(IOError) {
        try disk.replace(name, with: bytes, temporary: temporary)
    }

    public func rename(_ name: String, to newName: String) throws(IOError) {
        try disk.rename(name, to: newName)
    }

    public func remove(_ name: String) throws(IOError) { try disk.remove(name) }

    public func syncDirectory() throws(IOError) { try disk.syncDirectory() }
}
