internal import WalrusFormat
internal import WalrusIO

/// The entries of a batch on their way to disk, as far as they are known before their place is.
struct PendingBatch {
    let payloads: [[UInt8]]
    /// FNV-1a 64 of each payload.
    let checksums: [UInt64]

    /// Payloads of up to this many bytes are copied next to their headers: that is cheaper than a
    /// buffer of its own for each in the call of the system.
    private static let copyMax = 16 << 10
    /// Longer ones are written from where they are, so many with a call.
    private static let pinnedMax = 64
    /// What headers and copies of one call take at most.
    private static let stagingMax = 1 << 20

    init(_ payloads: [[UInt8]]) {
        self.payloads = payloads
        var checksums: [UInt64] = []
        checksums.reserveCapacity(payloads.count)
        for start in stride(from: 0, to: payloads.count, by: Self.pinnedMax) {
            let group = start..<min(start + Self.pinnedMax, payloads.count)
            var streams = FNV1aStreams()
            unsafe Self.withBytes(of: payloads[group]) { pinned in
                for index in unsafe pinned.indices { unsafe streams.append(pinned[index]) }
                streams.hashAll { checksums += $0 }
            }
        }
        self.checksums = checksums
    }

    var count: Int { payloads.count }

    /// Gives `body` the bytes of all of `payloads`, where they are.
    private static func withBytes<R, E: Error>(
        of payloads: ArraySlice<[UInt8]>, _ body: ([UnsafeRawBufferPointer]) throws(E) -> R
    ) throws(E) -> R {
        var pinned = unsafe [UnsafeRawBufferPointer]()
        unsafe pinned.reserveCapacity(payloads.count)
        return unsafe try withBytes(of: payloads, behind: &pinned, body)
    }

    private static func withBytes<R, E: Error>(
        of payloads: ArraySlice<[UInt8]>, behind pinned: inout [UnsafeRawBufferPointer],
        _ body: ([UnsafeRawBufferPointer]) throws(E) -> R
    ) throws(E) -> R {
        guard let first = payloads.first else { return unsafe try body(pinned) }
        return unsafe try first.span.bytes.withUnsafeBytes { (bytes) throws(E) in
            unsafe pinned.append(bytes)
            return unsafe try withBytes(of: payloads.dropFirst(), behind: &pinned, body)
        }
    }

    /// Writes `entries` one behind the other into the block, from `offset` on.
    ///
    /// - Parameter stamp: of an entry.
    func write(
        _ entries: Range<Int>, to file: DataFile, _ frame: BlockFrame, at offset: Int,
        stamp: (Int) -> EntryStamp?
    ) throws(IOError) {
        // All but a few fields of it is the same for all.
        let template = EntryHeader(
            topic: frame.topic, blockEnd: frame.end, checksum: 0, payloadLength: 0, stamp: nil
        ).encoded()
        let staging = UnsafeMutableRawBufferPointer.allocate(
            byteCount: stagingSize(entries), alignment: 16)
        defer { unsafe staging.deallocate() }
        var at = frame.start + offset
        var next = entries.lowerBound
        while next < entries.upperBound {
            let chunk = unsafe fill(staging, next..<entries.upperBound) { index, target in
                unsafe target.copyBytes(from: template)
                unsafe EntryHeader.update(
                    target, topicLength: frame.topic.bytes.count, checksum: checksums[index],
                    payloadLength: payloads[index].count, stamp: stamp(index))
            }
            let long = chunk.long.map { payloads[$0] }
            unsafe try Self.withBytes(of: long[...]) { (pinned) throws(IOError) in
                unsafe try file.write(at: at, chunk.buffers(staging, pinned))
            }
            at += chunk.size
            next = chunk.end
        }
    }

    private func stagingSize(_ entries: Range<Int>) -> Int {
        var size = 0
        for index in entries {
            let length = payloads[index].count
            size += Layout.headerSize + (length <= Self.copyMax ? length : 0)
            if size >= Self.stagingMax { return Self.stagingMax }
        }
        return size
    }

    /// What one call of the system writes.
    private struct Chunk {
        /// Bytes in the staging buffer, up to the payload of each `long` and then to the end.
        var staged: [Int] = []
        /// Entries whose payload is written from where it is.
        var long: [Int] = []
        /// The entry after the last one.
        var end: Int
        /// Bytes in all.
        var size = 0

        func buffers(
            _ staging: UnsafeMutableRawBufferPointer, _ pinned: [UnsafeRawBufferPointer]
        ) -> [UnsafeRawBufferPointer] {
            var buffers = unsafe [UnsafeRawBufferPointer]()
            var from = 0
            for (index, to) in staged.enumerated() {
                unsafe buffers.append(UnsafeRawBufferPointer(rebasing: staging[from..<to]))
                if unsafe index < pinned.count { unsafe buffers.append(pinned[index]) }
                from = to
            }
            return unsafe buffers
        }
    }

    /// Puts headers and short payloads into the staging buffer, as far as there is room.
    private func fill(
        _ staging: UnsafeMutableRawBufferPointer, _ entries: Range<Int>,
        _ putHeader: (Int, UnsafeMutableRawBufferPointer) -> Void
    ) -> Chunk {
        var chunk = Chunk(end: entries.lowerBound)
        var used = 0
        while chunk.end < entries.upperBound, chunk.long.count < Self.pinnedMax {
            let payload = payloads[chunk.end]
            let isCopied = payload.count <= Self.copyMax
            let need = Layout.headerSize + (isCopied ? payload.count : 0)
            guard used + need <= staging.count else { break }
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: staging[used..<used + need])
            unsafe putHeader(chunk.end, target)
            if isCopied {
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[Layout.headerSize...])
                    .copyBytes(from: payload)
            }
            used += need
            if !isCopied {
                chunk.staged.append(used)
                chunk.long.append(chunk.end)
            }
            chunk.size += Layout.headerSize + payload.count
            chunk.end += 1
        }
        chunk.staged.append(used)
        return chunk
    }
}
