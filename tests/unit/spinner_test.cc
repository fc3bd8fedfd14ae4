// What is said of a wait, and that nothing of it stays.
#include "client-cli/output/spinner.h"

#include "absl/strings/match.h"
#include "tests/support/catch.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {
namespace {

constexpr char kErased[] = "\r\033[K";

// What a spinner has written.
class Written {
 public:
  Spinner::Tell tell() {
    return [this](absl::string_view text) {
      MutexLock lock(mutex_);
      text_.append(text.data(), text.size());
    };
  }
  std::string text() {
    MutexLock lock(mutex_);
    return text_;
  }
  bool Has(const std::string& words) {
    return WaitUntil([&] { return absl::StrContains(text(), words); });
  }

 private:
  Mutex mutex_;
  std::string text_;
};

TEST_CASE("spinner: what takes long is said, turns, and is taken away") {
  Written written;
  Spinner spinner(absl::ZeroDuration(), written.tell());
  spinner.Begin("waiting for demo");
  REQUIRE(written.Has("⠋ waiting for demo"));
  REQUIRE(written.Has("⠙ waiting for demo"));
  spinner.Begin("waiting for another");
  spinner.End();
  REQUIRE_FALSE(absl::StrContains(written.text(), "another"));
  spinner.End();
  REQUIRE(absl::EndsWith(written.text(), kErased));
  // The same again.
  spinner.Begin("waiting for more");
  REQUIRE(written.Has("waiting for more"));
  spinner.Clear();
  spinner.End();
  REQUIRE(absl::EndsWith(written.text(), kErased));
}

TEST_CASE("spinner: what is soon over is not said, nor what has its own line") {
  Written written;
  {
    Spinner spinner(absl::InfiniteDuration(), written.tell());
    spinner.Begin("waiting for demo");
    spinner.End();
    spinner.Begin("waiting for demo");
  }
  REQUIRE(written.text().empty());
  Spinner spinner(absl::ZeroDuration(), written.tell());
  spinner.Pause(true);
  spinner.Begin("waiting for demo");
  REQUIRE(written.text().empty());
  spinner.Pause(false);
  REQUIRE(written.Has("waiting for demo"));
  spinner.Pause(true);
  REQUIRE(absl::EndsWith(written.text(), kErased));
  spinner.End();
}

}  // namespace
}  // namespace tallystick::testing
