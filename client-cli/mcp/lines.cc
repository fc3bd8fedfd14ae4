#include "client-cli/mcp/lines.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace tallystick::mcp {

bool LineReader::IsStopped() const {
  pollfd stop{stop_, POLLIN, 0};
  return poll(&stop, 1, 0) > 0;
}

LineReader::Filled LineReader::Fill() {
  std::array<pollfd, 2> waited{pollfd{input_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  while (poll(waited.data(), waited.size(), -1) < 0) {
    if (errno != EINTR) return kNoMore;
  }
  if (waited[1].revents != 0) return kStopped;
  std::array<char, 65'536> chunk;
  const ssize_t count = read(input_, chunk.data(), chunk.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN ? kMore : kNoMore;
  buffer_.append(chunk.data(), static_cast<size_t>(count));
  return count > 0 ? kMore : kNoMore;
}

// The first `length` bytes of the buffer are a line or its rest.
LineReader::Line LineReader::Take(size_t length) {
  const bool too_long = std::exchange(dropping_, false) || length > most_;
  Line line{too_long ? kTooLong : kLine, too_long ? "" : buffer_.substr(0, length)};
  buffer_.erase(0, std::min(buffer_.size(), length + 1));
  searched_ = 0;
  return line;
}

LineReader::Line LineReader::Next() {
  if (IsStopped()) return {};
  while (true) {
    const size_t end = buffer_.find('\n', searched_);
    if (end != std::string::npos) return Take(end);
    searched_ = buffer_.size();
    if (buffer_.size() > most_) {
      dropping_ = true;
      buffer_.clear();
      searched_ = 0;
    }
    if (ended_) return buffer_.empty() && !dropping_ ? Line{} : Take(buffer_.size());
    const Filled filled = Fill();
    if (filled == kStopped) return {};
    ended_ = filled == kNoMore;
  }
}

}  // namespace tallystick::mcp
