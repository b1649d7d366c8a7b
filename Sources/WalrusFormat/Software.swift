/// This software: the engine, the console and the program are of one version.
public enum Software {
    public static let version = "0.1.0"
}
