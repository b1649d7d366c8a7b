import Testing

@testable import WalrusFormat

@Suite struct CursorMeaningTests {
    /// A topic whose blocks have entries ending at the given offsets.
    private func meaning(
        _ cursor: StoredCursor, ids: [UInt64], ends: [[Int]]
    ) -> CursorMeaning {
        CursorMeaning(cursor, blockIDs: ids) { block, offset in
            let found = ([0] + ends[block]).last { $0 <= offset } ?? 0
            return CursorMeaning.Boundary(offset: found, isExact: found == offset)
        }
    }

    private let ids: [UInt64] = [1, 4, 5]
    private let ends = [[300, 600], [310, 620], [305, 610]]

    @Test func chainForm() {
        #expect(meaning(.chain(0, offset: 0), ids: ids, ends: ends) == .at(block: 0, offset: 0))
        #expect(meaning(.chain(1, offset: 310), ids: ids, ends: ends) == .at(block: 1, offset: 310))
        #expect(meaning(.chain(2, offset: 610), ids: ids, ends: ends) == .at(block: 2, offset: 610))
        #expect(meaning(.chain(3, offset: 0), ids: ids, ends: ends) == .end)
        #expect(meaning(.chain(900, offset: 0), ids: ids, ends: ends) == .end)
    }

    @Test func tailForm() {
        #expect(
            meaning(.tail(blockID: 4, offset: 620), ids: ids, ends: ends)
                == .at(block: 1, offset: 620))
        #expect(
            meaning(.tail(blockID: 5, offset: 0), ids: ids, ends: ends) == .at(block: 2, offset: 0))
        #expect(StoredCursor.tail(blockID: 5, offset: 0).blockIndex == (1 as UInt64) << 63 | 5)
        #expect(StoredCursor.tail(blockID: 5, offset: 0).tailBlockID == 5)
        #expect(StoredCursor.chain(5, offset: 0).tailBlockID == nil)
    }

    /// An empty block was counted when the cursor was stored (fixture "large").
    @Test func offByOneBlock() {
        #expect(meaning(.chain(1, offset: 600), ids: ids, ends: ends) == .at(block: 0, offset: 600))
        #expect(meaning(.chain(3, offset: 610), ids: ids, ends: ends) == .at(block: 2, offset: 610))
        #expect(meaning(.chain(9, offset: 300), ids: ids, ends: ends) == .at(block: 0, offset: 300))
        #expect(
            meaning(.chain(1, offset: 26_214_923), ids: [3], ends: [[26_214_923]])
                == .at(block: 0, offset: 26_214_923))
    }

    /// An id that no block has, or an offset that no entry has: nothing unread may be skipped.
    @Test func unclear() {
        #expect(
            meaning(.tail(blockID: 9, offset: 620), ids: ids, ends: ends)
                == .unclear(block: 1, offset: 620))
        #expect(
            meaning(.tail(blockID: 9, offset: 1), ids: ids, ends: ends)
                == .unclear(block: 0, offset: 0))
        #expect(
            meaning(.tail(blockID: 4, offset: 1), ids: ids, ends: ends)
                == .unclear(block: 0, offset: 0))
        #expect(
            meaning(.chain(1, offset: 400), ids: ids, ends: ends) == .unclear(block: 1, offset: 310)
        )
        #expect(
            meaning(.chain(7, offset: 1), ids: ids, ends: ends) == .unclear(block: 0, offset: 0))
    }

    @Test func hostileNumbers() {
        for index in [0, 1, 1 << 62, 1 << 63, .max] as [UInt64] {
            for offset in [0, 1, 1 << 63, .max] as [UInt64] {
                let cursor = StoredCursor(blockIndex: index, offset: offset)
                for (ids, ends) in [(ids, ends), ([], []), ([UInt64.max], [[1]])] {
                    switch meaning(cursor, ids: ids, ends: ends) {
                    case .at(let block, _): #expect(ids.indices.contains(block))
                    case .unclear(let block, _):
                        #expect(ids.indices.contains(block) || (ids.isEmpty && block == 0))
                    case .end: break
                    }
                }
            }
        }
    }

    /// One number a block, and one for an empty slot that a used one follows in its file.
    @Test func numbersCountAsTheReferenceDoes() {
        var numbers = BlockNumbers()
        numbers.beginFile()
        #expect(numbers.addBlock() == 1)
        #expect(numbers.addBlock() == 2)
        numbers.addEmptySlot()
        numbers.addEmptySlot()
        #expect(numbers.addBlock() == 5)
        numbers.addEmptySlot()
        numbers.beginFile()
        #expect(numbers.addBlock() == 6)
    }
}
