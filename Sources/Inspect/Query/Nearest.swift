/// What somebody who mistyped a word may have meant.
public enum Nearest {
    /// The word of `words` with the fewest letters wrong, if few enough are.
    public static func word(to typed: String, among words: some Sequence<String>) -> String? {
        let typed = Array(typed.lowercased())
        // No word is worth a long search, nor is a long line a mistyped word.
        guard !typed.isEmpty, typed.count <= 40 else { return nil }
        let limit = typed.count <= 3 ? 1 : typed.count <= 6 ? 2 : 3
        var best: (word: String, distance: Int)?
        for word in words {
            let distance = distance(typed, Array(word.lowercased()))
            if distance <= limit, distance < best?.distance ?? .max { best = (word, distance) }
        }
        return best?.word
    }

    /// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment,
    /// Damerau 1964).
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var older: [Int] = []
        var old = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                let same = a[i] == b[j]
                var least = min(old[j] + (same ? 0 : 1), old[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    least = min(least, older[j - 1] + 1)
                }
                row.append(least)
            }
            (older, old) = (old, row)
        }
        return old[b.count]
    }
}
