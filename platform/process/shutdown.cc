#include "platform/process/shutdown.h"

#include <sys/signalfd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "absl/time/clock.h"

namespace tallystick {
namespace {

sigset_t ShutdownSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

void BlockShutdownSignals() {
  const sigset_t signals = ShutdownSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Told WaitForSignal(absl::Duration timeout) {
  const sigset_t signals = ShutdownSignals();
  int signal = 0;
  if (timeout == absl::InfiniteDuration()) {
    sigwait(&signals, &signal);
  } else {
    const timespec wait = absl::ToTimespec(timeout);
    signal = sigtimedwait(&signals, nullptr, &wait);
    if (signal < 0) return Told::kNothing;
  }
  if (signal == SIGHUP) return Told::kReload;
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  return Told::kEnd;
}

bool WaitForShutdownSignal(absl::Duration timeout) {
  return WaitForSignal(timeout) != Told::kNothing;
}

int ShutdownSignalDescriptor() {
  const sigset_t signals = ShutdownSignals();
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

void EndWithin(absl::Duration grace) {
  std::thread([grace] {
    absl::SleepFor(grace);
    std::fputs("what is under way does not end in time: ended all the same\n", stderr);
    std::_Exit(1);
  }).detach();
}

}  // namespace tallystick
