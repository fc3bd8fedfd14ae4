// The Model Context Protocol over JSON-RPC 2.0: a message in, its answer out. Nothing is kept
// between messages, so none can be in the wrong order.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client-cli/output/json.h"

namespace tallystick::mcp {

// What a tool does to the world, for clients that ask their user first.
struct Effects {
  bool read_only = true;
  bool destructive = false;  // what it did cannot be taken back
  bool idempotent = true;    // the same once more changes nothing
};

struct ToolResult {
  std::optional<Json> structured;  // as the tool's output_schema says
  std::string words;               // for whoever reads: what is to be known besides, or what to do
  bool failed = false;
};

struct Tool {
  std::string name;
  std::string description;
  Json input_schema;
  Json output_schema;
  Effects effects;
  // Gets arguments that are as input_schema says. Throws nothing.
  std::function<ToolResult(const Json& arguments)> call;
};

struct Server {
  std::string instructions;  // for the model: what this is and how to go about it
  std::vector<Tool> tools;
  // Tools that there would be with other settings, and what to say to who calls them.
  std::vector<std::pair<std::string, std::string>> withheld;
};

// The answer to one line of input; nullopt when it needs none. Calls the tool that the message
// calls, if it does.
std::optional<Json> AnswerTo(const Server& server, absl::string_view line);

// The answer to a line that is longer than `most` bytes, of which nothing was read.
Json AnswerToTooLong(size_t most);

}  // namespace tallystick::mcp
