internal import CLinuxShim
internal import Glibc
internal import Synchronization
public import SystemPackage

/// A file of a fixed size that is read and written through a map of all of it.
///
/// A store to a page for which the disk has no room kills the process (SIGBUS), so the first bytes of
/// a page are written through the descriptor (`populate`), and a full disk is an error like any
/// other. To reserve the space would not do: ext4 may need more of it to note that a reserved block
/// is written. For the same reason only what is known to have space is read through the map: on some
/// file systems reading a hole takes space too. Everything else goes through the descriptor, which
/// shows the same bytes: both are views of one page cache.
///
/// Nobody may cut the file off while it is mapped: an engine maps only what its lock covers. What
/// nothing helps against is a device that fails to read a page that the system had dropped; that is
/// SIGBUS, as with every program that maps files.
public final class MappedFile: StorageFile {
    private let disk: DiskFile
    private let fileSize: Int
    private let unit: Int
    private let granule: Int
    /// Whether a page may be stored to again without asking for space (`CLinuxShim`).
    private let storesThroughMap: Bool
    /// Made with the first access that needs it; `base` is its address, 0 before.
    private let map = Mutex<FileMap?>(nil)
    private let base = Atomic<UInt>(0)
    /// Granules of which every byte was written.
    private let solid: GranuleSet
    /// Granules at which the file was looked for holes.
    private let examined: GranuleSet
    /// Granules for which space was asked for ahead.
    private let reserved: GranuleSet

    /// What is reserved beyond a write is as much as stands before it in its unit, within limits:
    /// a long run of writes asks the system rarely, a short one takes little.
    private static let aheadMax = 1 << 20
    private static let granuleMin = 1 << 14
    /// Longer reads go through the descriptor: the call is cheaper than a fault for every page.
    private static let readMax = 1 << 16

    /// Maps `file`, which is `size` bytes long, when it is first used. Space is never reserved
    /// beyond the `unit` that a write ends in; units are a multiple of every system's page.
    init(_ file: DiskFile, size: Int, unit: Int) {
        disk = file
        fileSize = size
        self.unit = unit
        granule = max(Self.granuleMin, sysconf(Int32(_SC_PAGESIZE)))
        precondition(unit.isMultiple(of: granule) && size.isMultiple(of: unit))
        storesThroughMap = wlinux_overwrites_in_place(file.descriptor) == 1
        solid = GranuleSet(granules: size / granule)
        examined = GranuleSet(granules: size / granule)
        reserved = GranuleSet(granules: size / granule)
    }

    public var path: FilePath { disk.path }

    // MARK: - Reading

    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer)
        throws(IOError) -> Int
    {
        let range = offset..<offset + buffer.count
        guard range.count <= Self.readMax, range.upperBound <= fileSize, !range.isEmpty,
            try hasSpace(range)
        else { return unsafe try disk.read(at: offset, into: buffer) }
        let bytes = unsafe try mapped()
        unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
        return range.count
    }

    private func hasSpace(_ range: Range<Int>) throws(IOError) -> Bool {
        let granules = granules(range)
        if solid.containsAll(granules) { return true }
        guard !examined.containsAll(granules) else { return false }
        for at in granules where !examined.containsAll(at..<at + 1) {
            let data = try disk.dataRange(from: at * granule)
            if let data, data.lowerBound <= at * granule, data.upperBound >= (at + 1) * granule {
                solid.insert(at..<at + 1)
            }
            // Second, so that nobody takes it for examined and not solid in between.
            examined.insert(at..<at + 1)
        }
        return solid.containsAll(granules)
    }

    private func granules(_ range: Range<Int>) -> Range<Int> {
        range.lowerBound / granule..<(range.upperBound + granule - 1) / granule
    }

    private func mapped() throws(IOError) -> UnsafeMutableRawBufferPointer {
        var address = base.load(ordering: .acquiring)
        if address == 0 {
            address = try map.withLock { (map: inout FileMap?) throws(IOError) in
                let known = base.load(ordering: .relaxed)
                guard known == 0 else { return known }
                do throws(Errno) {
                    let made = try FileMap(disk.descriptor, size: fileSize)
                    let address = UInt(bitPattern: unsafe made.bytes.baseAddress!)
                    map = consume made
                    base.store(address, ordering: .releasing)
                    return address
                } catch { throw IOError("map", path, error) }
            }
        }
        // The map lives as long as this object, and so longer than every call.
        return unsafe UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: address), count: fileSize)
    }

    // MARK: - Writing

    public func write(
        at offset: Int, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(IOError) {
        let range = offset..<offset + first.count + second.count
        guard !range.isEmpty else { return }
        guard range.upperBound <= fileSize else {
            throw IOError("write", path, at: offset, .fileTooLarge)
        }
        guard storesThroughMap, solid.containsAll(granules(range)) else {
            unsafe try disk.write(at: offset, first, second)
            // Granules that are full now are worth another look.
            examined.remove(range.lowerBound / granule..<range.upperBound / granule)
            return
        }
        let bytes = unsafe try mapped()
        unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[range]).copyMemory(from: first)
        unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[range].dropFirst(first.count))
            .copyMemory(from: second)
    }

    public func write(at offset: Int, _ buffers: [UnsafeRawBufferPointer]) throws(IOError) {
        unsafe try disk.write(at: offset, buffers)
        let end = unsafe buffers.reduce(offset) { $0 + $1.count }
        examined.remove(offset / granule..<end / granule)
    }

    /// Through the descriptor, so that a full disk is an error: what was written once can be stored
    /// to. In large pieces, for which the system makes few large pages where stores to a hole, each
    /// of which faults, would make many small ones.
    public func populate(_ range: Range<Int>) throws(IOError) {
        if storesThroughMap { reserve(range) }
        try disk.populate(range)
        let first = (range.lowerBound + granule - 1) / granule
        let end = min(range.upperBound, fileSize) / granule
        if first < end { solid.insert(first..<end) }
    }

    /// Asks for the space of `range` and of some more, as much as stands before it in its unit: what
    /// is asked for together is cheaper to fill. It changes nothing but speed, so whether there is
    /// any does not matter.
    private func reserve(_ range: Range<Int>) {
        guard !reserved.containsAll(granules(range)) else { return }
        let before = (range.upperBound - 1) % unit + 1
        let ahead = max(0, min(before, Self.aheadMax, unit - before))
        let wanted = granules(range.lowerBound..<range.upperBound + ahead)
        reserved.insert(wanted)
        _ = wlinux_reserve(
            disk.descriptor, Int64(wanted.lowerBound * granule), Int64(wanted.count * granule))
    }

    /// `fdatasync` covers stores to a shared map: the first store to a clean page marks the page
    /// dirty in the page cache (it faults, since pages are write-protected whenever they are written
    /// back), and from there the call writes pages no matter who made them dirty. It also makes the
    /// extents durable that the stores turned from reserved into written.
    public func sync() throws(IOError) { try disk.sync() }

    // MARK: - The file as such

    public var hasName: Bool { get throws(IOError) { try disk.hasName } }
    public func size() throws(IOError) -> Int { try disk.size() }

    /// Refused: a store behind the new end would kill the process.
    public func truncate(to size: Int) throws(IOError) {
        guard size == fileSize else {
            throw IOError("set the size of", path, .notPermitted)
        }
    }

    public func dataRange(from offset: Int) throws(IOError) -> Range<Int>? {
        try disk.dataRange(from: offset)
    }

    /// Entries are copied, not handed to a ring; that is what the map is for.
    public func descriptor(for work: FileWork) -> CInt? {
        work == .sync ? disk.descriptor : nil
    }
}
