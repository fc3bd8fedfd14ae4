// Lines from a descriptor, none longer than a bound, until the end or a signal to stop.
#pragma once

#include <cstddef>
#include <string>

namespace tallystick::mcp {

class LineReader {
 public:
  enum Kind { kLine, kTooLong, kEnd };
  struct Line {
    Kind kind = kEnd;
    std::string text;  // of kLine, without the end of the line
  };

  // Reads from `input` until `stop` can be read from; both outlive this. Of a longer line than
  // `most` bytes no more than that is ever kept.
  LineReader(int input, int stop, size_t most) : input_(input), stop_(stop), most_(most) {}

  // Waits for the next one. After a signal to stop there is none, whatever was read. What comes
  // before the end of input without an end of the line is one, too.
  Line Next();

 private:
  enum Filled { kMore, kNoMore, kStopped };
  Filled Fill();
  bool IsStopped() const;
  Line Take(size_t length);

  const int input_;
  const int stop_;
  const size_t most_;
  std::string buffer_;
  size_t searched_ = 0;    // that far there is no end of a line
  bool dropping_ = false;  // within a line that is too long
  bool ended_ = false;
};

}  // namespace tallystick::mcp
