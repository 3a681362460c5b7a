internal import Glibc

/// Owns a file descriptor, and closes it when it goes.
struct Descriptor: ~Copyable {
  let number: Int32

  init(owning number: Int32) { self.number = number }

  deinit { close(number) }
}
