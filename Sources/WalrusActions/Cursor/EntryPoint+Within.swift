internal import Inspect
internal import WalrusFormat

extension EntryReader {
    /// The ordinal of the first sound entry at `point` or behind it, as `ordinal(of:)`; one past the last
    /// for the end. A number that no entry has, nor the next one would get, is a mistake and no end.
    ///
    /// Throws `EntryPoint.Missing`, with what is there.
    func ordinal(within point: EntryPoint) throws -> Int {
        let ordinal = max(1, min(try ordinal(of: point), topic.entries + 1))
        switch point {
        case .ordinal(let number) where number > topic.entries + 1:
            throw missing(
                "entry \(number)",
                topic.entries == 0 ? nil : "entries 1 to \(topic.entries) are on disk")
        case .sequence(let number):
            let stamps = topic.blocks.compactMap(\.stamps)
            guard let first = stamps.first?.first.sequence, let last = stamps.last?.last.sequence,
                number > last, number - last > 1
            else { return ordinal }
            throw missing("running number \(number)", "numbers \(first) to \(last) are on disk")
        default: break
        }
        return ordinal
    }

    private func missing(_ what: String, _ there: String?) -> EntryPoint.Missing {
        EntryPoint.Missing(
            description: "\(topic.name.word) has no \(what): " + (there ?? "it has no entries"))
    }
}
