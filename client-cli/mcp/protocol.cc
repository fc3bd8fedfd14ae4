#include "client-cli/mcp/protocol.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/mcp/schema.h"
#include "client-cli/output/table.h"
#include "platform/process/version.h"

namespace tallystick::mcp {
namespace {

enum ErrorCode {
  kParseError = -32700,
  kInvalidRequest = -32600,
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
};

// What a request comes to: its result, or an error of the protocol.
struct Outcome {
  Json result = nullptr;
  std::optional<ErrorCode> error;
  std::string message;
};

Outcome Failure(ErrorCode code, std::string message) { return {nullptr, code, std::move(message)}; }

Json Message(const Json& id, const Outcome& outcome) {
  Json message{{"jsonrpc", "2.0"}, {"id", id}};
  if (outcome.error) {
    message["error"] = {{"code", *outcome.error}, {"message", outcome.message}};
  } else {
    message["result"] = outcome.result;
  }
  return message;
}

// (Without 2025-03-26, which wants messages to be taken in batches, too.)
constexpr const char* kVersions[] = {"2025-11-25", "2025-06-18", "2024-11-05"};

// The newest that the client may know: clients know those before their own.
std::string VersionFor(const std::string& asked) {
  for (const char* version : kVersions) {
    if (version <= asked) return version;
  }
  return kVersions[0];
}

Outcome Initialize(const Server& server, const Json& params) {
  const auto asked = params.find("protocolVersion");
  if (asked == params.end() || !asked->is_string()) {
    return Failure(kInvalidParams, "initialize needs a protocolVersion, such as \"2025-06-18\"");
  }
  return {Json{{"protocolVersion", VersionFor(asked->get<std::string>())},
               {"capabilities", {{"tools", Json::object()}}},
               {"serverInfo", {{"name", "tally"}, {"title", "Tallystick"}, {"version", kVersion}}},
               {"instructions", server.instructions}}};
}

Json Listed(const Tool& tool) {
  return {{"name", tool.name},
          {"description", tool.description},
          {"inputSchema", tool.input_schema},
          {"outputSchema", tool.output_schema},
          {"annotations",
           {{"readOnlyHint", tool.effects.read_only},
            {"destructiveHint", tool.effects.destructive},
            {"idempotentHint", tool.effects.idempotent},
            {"openWorldHint", true}}}};
}

Outcome ListTools(const Server& server, const Json& params) {
  if (params.contains("cursor")) {
    return Failure(kInvalidParams, "there is no such page: tools/list gives all tools at once");
  }
  Json tools = Json::array();
  for (const Tool& tool : server.tools) tools.push_back(Listed(tool));
  return {Json{{"tools", std::move(tools)}}};
}

Json TextContent(const std::string& text) { return {{"type", "text"}, {"text", text}}; }

// The structure as text, too, for clients that know only that; then the words.
Json ResultJson(ToolResult result) {
  Json content = Json::array();
  if (result.structured) content.push_back(TextContent(Dump(*result.structured)));
  if (!result.words.empty()) content.push_back(TextContent(result.words));
  Json json{{"content", std::move(content)}, {"isError", result.failed}};
  if (result.structured) json["structuredContent"] = *std::move(result.structured);
  return json;
}

// Whatever is wrong with a call of a tool is a result, so that a model reads it and does better.
Outcome Refused(std::string words) {
  return {ResultJson(ToolResult{std::nullopt, std::move(words), true})};
}

// What `whole` has under this name, or an empty object. Never a copy: that would go as deep as a
// client nests.
const Json& PartOf(const Json& whole, const char* name) {
  static const Json kNone = Json::object();
  const auto found = whole.find(name);
  return found == whole.end() ? kNone : *found;
}

Outcome CallTool(const Server& server, const Json& params) {
  const auto name = params.find("name");
  if (name == params.end() || !name->is_string()) {
    return Failure(kInvalidParams, "tools/call needs the name of a tool");
  }
  for (const auto& [withheld, words] : server.withheld) {
    if (*name == withheld) return Refused(words);
  }
  const auto tool = std::find_if(server.tools.begin(), server.tools.end(),
                                 [&](const Tool& one) { return *name == one.name; });
  if (tool == server.tools.end()) {
    return Failure(kInvalidParams, "there is no such tool: tools/list gives those that there are");
  }
  const Json& arguments = PartOf(params, "arguments");
  const absl::Status fits = CheckAgainst(tool->input_schema, arguments, "arguments");
  if (!fits.ok()) return Refused(std::string(fits.message()));
  return {ResultJson(tool->call(arguments))};
}

Outcome Handle(const Server& server, const std::string& method, const Json& params) {
  if (method == "initialize") return Initialize(server, params);
  if (method == "ping") return {Json::object()};
  if (method == "tools/list") return ListTools(server, params);
  if (method == "tools/call") return CallTool(server, params);
  return Failure(kMethodNotFound,
                 "there is no such method: initialize, ping, tools/list and tools/call are known");
}

}  // namespace

std::optional<Json> AnswerTo(const Server& server, absl::string_view line) {
  const Json message = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (message.is_discarded()) {
    return Message(nullptr, Failure(kParseError, "a line must be one message in JSON and UTF-8"));
  }
  const auto invalid = [](const Json& id, const char* words) {
    return Message(id, Failure(kInvalidRequest, words));
  };
  if (!message.is_object()) {
    return invalid(nullptr, "a line must be one JSON-RPC message, an object");
  }
  const auto id = message.find("id");
  const bool has_id = id != message.end() && (id->is_string() || id->is_number_integer());
  const Json answer_id = has_id ? *id : Json(nullptr);
  if (message.value("jsonrpc", Json()) != "2.0") {
    return invalid(answer_id, "jsonrpc must be \"2.0\"");
  }
  const auto method = message.find("method");
  // (This server asks nothing, so it waits for no answer.)
  const bool is_answer = message.contains("result") || message.contains("error");
  if (method == message.end() && is_answer) return std::nullopt;
  if (method == message.end() || !method->is_string()) {
    return invalid(answer_id, "method must be a text");
  }
  if (id == message.end()) return std::nullopt;  // a notification: nothing hangs on any
  if (!has_id) return invalid(nullptr, "id must be a text or a whole number");
  const Json& params = PartOf(message, "params");
  if (!params.is_object()) {
    return Message(*id, Failure(kInvalidParams, "params must be an object"));
  }
  return Message(*id, Handle(server, *method, params));
}

Json AnswerToTooLong(size_t most) {
  return Message(nullptr, Failure(kParseError, absl::StrCat("a line must be no longer than ", most,
                                                            " bytes; nothing of it was read")));
}

}  // namespace tallystick::mcp
