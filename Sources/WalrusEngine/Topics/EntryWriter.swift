internal import WalrusFormat
internal import WalrusIO

/// Writes entries one behind the other into a block: the one that its topic ends with.
///
/// Headers come from one that is kept, of which a few fields change; short payloads are copied next
/// to it, which is cheaper than a call with two buffers.
@safe final class EntryWriter: @unchecked Sendable {
    // Unchecked: it belongs to `Topic.Appending`, and so to whoever holds that lock.
    let file: DataFile
    let frame: BlockFrame
    /// Where the next entry goes, in bytes from the block's start.
    var used: Int
    /// The header, and room for payloads of up to `capacity` bytes.
    private var buffer: UnsafeMutableRawBufferPointer
    /// Up to where the block has pages in memory, as far as is known.
    private var populated: Int
    private let hasStamp: Bool

    /// Longer payloads are written from where they are.
    private static let copyMax = 4_096
    private static let page = 4_096
    private static let populateMin = 8_192
    private static let populateMax = 65_536

    init(_ file: DataFile, _ frame: BlockFrame, used: Int) {
        self.file = file
        self.frame = frame
        self.used = used
        populated = used.roundedUp(to: Self.page)
        hasStamp = EntryStamp.fits(topicLength: frame.topic.bytes.count)
        unsafe buffer = .allocate(byteCount: Layout.headerSize, alignment: 8)
        unsafe EntryHeader(
            topic: frame.topic, blockEnd: frame.end, checksum: 0, payloadLength: 0, stamp: nil
        ).encode(into: buffer)
    }

    deinit { unsafe buffer.deallocate() }

    /// The block with what was written to it.
    var block: Block { Block(file: file, frame: frame, used: used, entries: 0) }

    func fits(_ entry: PendingEntry) -> Bool { used + entry.size <= frame.length }

    /// Throws where an earlier sync of the file failed.
    func checkFile() throws(EngineError) { try file.checkPoison() }

    /// Writes the entry, and goes on behind it. On failure `used` is as before, and some of the
    /// entry may stand there.
    func write(_ entry: PendingEntry, _ stamp: EntryStamp) throws(IOError) {
        precondition(fits(entry))
        let end = used + entry.size
        if end > populated { populate(to: end, entry.size) }
        let count = unsafe entry.payload.count
        let isCopied = count <= Self.copyMax
        let size = Layout.headerSize + (isCopied ? count : 0)
        if unsafe buffer.count < size { grow(to: size) }
        unsafe EntryHeader.update(
            buffer, topicLength: frame.topic.bytes.count, checksum: entry.checksum,
            payloadLength: count, stamp: hasStamp ? stamp : nil)
        if isCopied, let payload = unsafe entry.payload.baseAddress {
            unsafe (buffer.baseAddress! + Layout.headerSize).copyMemory(
                from: payload, byteCount: count)
        }
        unsafe try file.write(
            at: frame.start + used, UnsafeRawBufferPointer(rebasing: buffer[..<size]),
            isCopied ? UnsafeRawBufferPointer(start: nil, count: 0) : entry.payload)
        used = end
    }

    private func grow(to size: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: size.roundedUp(to: 512), alignment: 8)
        unsafe larger.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: buffer[..<Layout.headerSize]))
        unsafe buffer.deallocate()
        unsafe buffer = larger
    }

    /// Sees to it that the pages that an entry up to `end` begins are in memory, with some more of
    /// them. One call for many makes few large ones, which costs the system a fraction of what it
    /// costs to make them one by one, with an entry each. As much is made as stands before in the
    /// block, within limits, so that small topics take little. It is zeros over zeros, so whether it
    /// works makes no difference to anything but speed.
    private func populate(to end: Int, _ size: Int) {
        var stretch = Self.populateMax
        while stretch > used { stretch /= 2 }
        let start = populated
        populated = end.roundedUp(to: Self.page)
        guard stretch >= Self.populateMin, size <= stretch / 2 else { return }
        populated = min(end.roundedUp(to: stretch), frame.length)
        try? file.populate(frame.start + start..<frame.start + populated)
    }
}

extension Int {
    /// The next multiple of `unit`, a power of two.
    fileprivate func roundedUp(to unit: Int) -> Int { (self + unit - 1) & ~(unit - 1) }
}
