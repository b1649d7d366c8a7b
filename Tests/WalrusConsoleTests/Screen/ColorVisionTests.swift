import Glibc
import Testing

@testable import WalrusConsole

/// What states look like to eyes that do not tell all colours apart, and to none at all.
@Suite struct ColorVisionTests {
    /// Linear RGB as an eye sees it that lacks a kind of cone (G. Machado, M. Oliveira and
    /// L. Fernandes 2009, severity 1).
    private static let eyes: [(name: String, matrix: [[Double]])] = [
        ("all", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        (
            "no red",
            [
                [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ]
        ),
        (
            "no green",
            [
                [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ]
        ),
        (
            "no blue",
            [
                [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ]
        ),
    ]

    private static func linear(_ color: RGB) -> [Double] {
        [color.red, color.green, color.blue].map { part in
            let value = Double(part) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
    }

    private static func luminance(_ color: RGB) -> Double {
        zip(linear(color), [0.2126, 0.7152, 0.0722]).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// CIE L*a*b* (D65) of what an eye sees.
    private static func seen(_ color: RGB, _ matrix: [[Double]]) -> [Double] {
        let light = linear(color)
        let rgb = matrix.map { row in max(0, min(1, zip(row, light).reduce(0) { $0 + $1.0 * $1.1 }))
        }
        func f(_ t: Double) -> Double { t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116 }
        let x = f((0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.95047)
        let y = f(0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2])
        let z = f((0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.08883)
        return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
    }

    /// The smallest difference (CIE 1976) between two of the roles, to the eye that sees it least.
    private static func leastDifference(_ theme: Theme) -> Double {
        let colors = [Role.good, .warning, .bad, .info].map {
            theme.resolved(Style($0)).foreground
        }
        var least = Double.infinity
        for eye in eyes {
            let labs = colors.map { seen($0, eye.matrix) }
            for (index, a) in labs.enumerated() {
                for b in labs.dropFirst(index + 1) {
                    let square = zip(a, b).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                    least = min(least, square.squareRoot())
                }
            }
        }
        return least
    }

    @Test(arguments: ["colorblind", "colorblind-light"])
    func statesDifferToEveryEye(_ name: String) throws {
        let theme = try #require(Theme.named(name))
        let difference = Self.leastDifference(theme)
        #expect(difference > 18, "\(theme.name): \(difference)")
        // It is more than the ordinary themes do.
        #expect(Self.leastDifference(.dark) < 15)
        #expect(Self.leastDifference(.light) < 15)
    }

    private static func contrast(_ look: ResolvedLook, on canvas: RGB) -> Double {
        let a = luminance(look.foreground)
        let b = luminance(look.background ?? canvas)
        return (max(a, b) + 0.05) / (min(a, b) + 0.05)
    }

    /// WCAG 2.1 asks for 3:1 of what is bold or a graphic, and 4.5:1 of text, on the row under the
    /// cursor as on others; lines tell nothing and may be fainter.
    @Test(arguments: Theme.all.map(\.name), [false, true])
    func textIsReadable(_ name: String, isSelected: Bool) throws {
        let theme = try #require(Theme.named(name))
        for role in Role.allCases {
            let style = Style(role, isSelected: isSelected)
            let contrast = Self.contrast(theme.resolved(style), on: theme.canvas)
            let isBold = theme.look(of: role).emphasis.contains(.bold)
            let least: Double =
                switch role {
                case .border, .scrollTrack, .neverWritten: 1.5
                case .consumed, .hexZero: 3
                // Of the map of blocks, where no row is selected.
                case .graph0, .graph1, .graph2, .graph3, .graph4, .graph5: isSelected ? 1.5 : 3
                default: isBold ? 3 : 4.5
                }
            #expect(contrast >= least, "\(theme.name) \(role): \(contrast)")
        }
    }
}
