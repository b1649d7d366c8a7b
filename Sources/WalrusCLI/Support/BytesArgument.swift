import ArgumentParser
import WalrusFormat

/// A number of bytes as an option: "4096", "0x1000", "500M", "1GiB".
struct BytesArgument: ExpressibleByArgument {
    let value: Int

    init(value: Int) { self.value = value }

    init?(argument: String) {
        guard let value = ByteSize.parse(argument) else { return nil }
        self.value = value
    }

    var defaultValueDescription: String { String(value) }
}
