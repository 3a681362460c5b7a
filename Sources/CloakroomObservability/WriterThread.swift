import Glibc

/// Starts the thread that the access log is written from.
enum WriterThread {
  /// Runs a pump on a new, detached thread that takes no signals.
  ///
  /// Signals are for the threads that wait for them; SIGPIPE, above all, would end the process when
  /// the log is a pipe whose reader has gone, and blocked it is an error of write(2) instead.
  static func start(_ pump: AccessLogPump) throws(AccessLogError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))

    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

    let context = Unmanaged.passRetained(pump)
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, &attributes,
      { context in
        if let context {
          Unmanaged<AccessLogPump>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
      }, context.toOpaque())
    if failure != 0 {
      context.release()
      throw .noThread(errno: failure)
    }
  }
}
