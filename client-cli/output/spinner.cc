#include "client-cli/output/spinner.h"

#include <iterator>

#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

constexpr absl::Duration kFrameTime = absl::Milliseconds(100);
constexpr const char* kFrames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
constexpr char kEraseLine[] = "\r\033[K";

}  // namespace

Spinner::~Spinner() {
  {
    MutexLock lock(mutex_);
    over_ = true;
    Erase();
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void Spinner::Begin(const std::string& words) {
  MutexLock lock(mutex_);
  if (++waits_ > 1) return;
  words_ = words;
  if (!thread_.joinable()) {
    draw_from_ = SteadyAfter(patience_);
    thread_ = std::thread([this] { Run(); });
  } else if (SteadyNow() >= same_until_) {
    draw_from_ = SteadyAfter(patience_);
  }
  changed_.NotifyAll();
}

void Spinner::End() {
  MutexLock lock(mutex_);
  if (--waits_ > 0) return;
  same_until_ = SteadyAfter(patience_);
  Erase();
}

void Spinner::Clear() {
  MutexLock lock(mutex_);
  Erase();
}

void Spinner::Pause(bool paused) {
  MutexLock lock(mutex_);
  paused_ = paused;
  if (paused) Erase();
  changed_.NotifyAll();
}

void Spinner::Erase() {
  if (!drawn_) return;
  tell_(kEraseLine);
  drawn_ = false;
}

void Spinner::Run() {
  MutexLock lock(mutex_);
  while (!over_) {
    if (waits_ == 0 || paused_) {
      changed_.Wait(mutex_);
    } else if (SteadyNow() < draw_from_) {
      changed_.WaitUntil(mutex_, draw_from_);
    } else {
      tell_(absl::StrCat(kEraseLine, kFrames[frame_], " ", words_));
      drawn_ = true;
      frame_ = (frame_ + 1) % std::size(kFrames);
      changed_.WaitFor(mutex_, kFrameTime);
    }
  }
}

}  // namespace tallystick
