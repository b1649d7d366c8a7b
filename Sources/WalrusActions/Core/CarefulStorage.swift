internal import Synchronization
internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// The files of a log that is opened as it is or not at all: while an engine opens it, nothing of a data
/// file is overwritten and no file gets another name, which is how recovery takes away what is not whole.
///
/// What it may do then is kept back until it is known that it goes on: a refused opening leaves every file
/// but the lock as it was. Once it is open (`release`), it is a `DiskStorage`.
final class CarefulStorage: Storage {
    private enum Stage {
        /// The names that are to be removed when something is written, or when it is open.
        case opening(removals: [String])
        case refused(String)
        case open
    }

    private let disk: DiskStorage
    private let stage = Mutex(Stage.opening(removals: []))
    private let isOpen = Atomic(false)
    /// What may be overwritten all the same, in bytes of the file.
    private let given: [String: [Range<Int>]]

    init(_ path: FilePath, giving given: [Repair.Cut] = []) {
        disk = DiskStorage(path)
        self.given = Dictionary(grouping: given, by: \.file.text).mapValues { $0.map(\.range) }
    }

    var path: FilePath { disk.path }

    /// What opening was kept from; nil: it was not.
    var refusal: String? {
        stage.withLock { if case .refused(let deed) = $0 { deed } else { nil } }
    }

    /// It is open: from now on everything is allowed.
    func release() throws(IOError) {
        try settle()
        stage.withLock { $0 = .open }
        isOpen.store(true, ordering: .releasing)
    }

    /// Does what was kept back, which has to be durable before anything else is written.
    private func settle() throws(IOError) {
        let removals = stage.withLock { stage -> [String] in
            guard case .opening(let removals) = stage else { return [] }
            stage = .opening(removals: [])
            return removals
        }
        guard !removals.isEmpty else { return }
        for name in removals { try disk.remove(name) }
        try disk.syncDirectory()
    }

    private func refuse(_ operation: String, _ name: String, at offset: Int? = nil)
        throws(IOError)
    {
        guard !isOpen.load(ordering: .acquiring) else { return }
        stage.withLock {
            let place = offset.map { ", at byte \($0)" } ?? ""
            $0 = .refused("\(operation) \(name)\(place)")
        }
        throw IOError(operation, path.appending(name), at: offset, .notPermitted)
    }

    /// Whether `range` of a data file may be written now.
    fileprivate func admit(_ range: Range<Int>, of name: String) throws(IOError) {
        guard !isOpen.load(ordering: .acquiring) else { return }
        guard !range.isEmpty else { return }
        let isGiven = given[name]?.contains {
            $0.contains(range.lowerBound) && $0.contains(range.upperBound - 1)
        }
        guard isGiven ?? false else { return try refuse("erase", name, at: range.lowerBound) }
        try settle()
    }

    func list() throws(IOError) -> [DirectoryEntry] { try disk.list() }

    func open(_ name: String) throws(IOError) -> any StorageFile {
        let file = try disk.open(name)
        guard DataFileName(name) != nil, !isOpen.load(ordering: .acquiring) else { return file }
        return CarefulFile(file, name, self)
    }

    func create(_ name: String, size: Int) throws(IOError) -> any StorageFile {
        try settle()
        return try disk.create(name, size: size)
    }

    func contents(of name: String) throws(IOError) -> [UInt8]? { try disk.contents(of: name) }

    func replace(_ name: String, with bytes: [UInt8], temporary: String) throws(IOError) {
        try settle()
        try disk.replace(name, with: bytes, temporary: temporary)
    }

    func rename(_ name: String, to newName: String) throws(IOError) {
        try refuse("rename", name)
        try disk.rename(name, to: newName)
    }

    func remove(_ name: String) throws(IOError) {
        let isKept = stage.withLock { stage in
            guard case .opening(let removals) = stage else { return false }
            stage = .opening(removals: removals + [name])
            return true
        }
        if !isKept { try disk.remove(name) }
    }

    func syncDirectory() throws(IOError) { try disk.syncDirectory() }
}

/// A data file that was opened with a log, and is written to once that is open.
private final class CarefulFile: StorageFile {
    private let base: any StorageFile
    private let name: String
    private let storage: CarefulStorage

    init(_ base: any StorageFile, _ name: String, _ storage: CarefulStorage) {
        (self.base, self.name, self.storage) = (base, name, storage)
    }

    var path: FilePath { base.path }
    var hasName: Bool { get throws(IOError) { try base.hasName } }
    var isReadOnly: Bool { base.isReadOnly }
    func descriptor(for work: FileWork) -> CInt? { base.descriptor(for: work) }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int {
        unsafe try base.read(at: offset, into: buffer)
    }

    func write(
        at offset: Int, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(IOError) {
        try storage.admit(offset..<offset + first.count + second.count, of: name)
        unsafe try base.write(at: offset, first, second)
    }

    func write(at offset: Int, _ buffers: [UnsafeRawBufferPointer]) throws(IOError) {
        let count = unsafe buffers.reduce(0) { $0 + $1.count }
        try storage.admit(offset..<offset + count, of: name)
        unsafe try base.write(at: offset, buffers)
    }

    func truncate(to size: Int) throws(IOError) {
        try storage.admit(size..<Int.max, of: name)
        try base.truncate(to: size)
    }

    func populate(_ range: Range<Int>) throws(IOError) {
        try storage.admit(range, of: name)
        try base.populate(range)
    }

    func sync() throws(IOError) { try base.sync() }
    func size() throws(IOError) -> Int { try base.size() }
    func dataRange(from offset: Int) throws(IOError) -> Range<Int>? {
        try base.dataRange(from: offset)
    }
}
