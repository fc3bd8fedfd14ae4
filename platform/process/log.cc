#include "platform/process/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace tallystick::log {
namespace {

constexpr size_t kQueueLines = 8192;

bool json_lines = false;
bool access_lines = false;

void AppendJsonString(std::string& out, absl::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppend(&out, "\\u00", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    } else {
      out += c;
    }
  }
  out += '"';
}

// In text lines a control character would let a value forge another line.
void AppendText(std::string& out, absl::string_view text) {
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
}

absl::StatusOr<spdlog::level::level_enum> ReadLevel(const std::string& name) {
  const auto level = spdlog::level::from_str(name);
  if (level != spdlog::level::off || name == "off") return level;
  return absl::InvalidArgumentError(
      absl::StrCat("unknown log level '", name, "': take debug, info, warn or error"));
}

void Write(spdlog::level::level_enum level, absl::string_view event,
           absl::Span<const Field> fields) {
  if (!spdlog::default_logger_raw()->should_log(level)) return;
  std::string line;
  if (json_lines) {
    line = "\"event\":";
    AppendJsonString(line, event);
    for (const auto& [key, value] : fields) {
      line += ',';
      AppendJsonString(line, key);
      line += ':';
      AppendJsonString(line, value);
    }
  } else {
    AppendText(line, event);
    for (const auto& [key, value] : fields) {
      absl::StrAppend(&line, "  ", key, "=");
      AppendText(line, value);
    }
  }
  spdlog::default_logger_raw()->log(level, "{}", line);
}

}  // namespace

absl::Status SetLevel(const std::string& level) {
  const auto read = ReadLevel(level);
  if (read.ok()) spdlog::default_logger_raw()->set_level(*read);
  return read.status();
}

absl::Status Start(const Options& options) {
  const auto level = ReadLevel(options.level);
  if (!level.ok()) return level.status();
  spdlog::init_thread_pool(kQueueLines, 1);
  auto logger = std::make_shared<spdlog::async_logger>(
      options.service, std::make_shared<spdlog::sinks::stderr_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest);
  logger->set_level(*level);
  logger->flush_on(spdlog::level::warn);
  json_lines = options.format == "json";
  access_lines = options.access;
  if (json_lines) {
    logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","service":"%n",%v})",
                        spdlog::pattern_time_type::utc);
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %n: %v", spdlog::pattern_time_type::utc);
  }
  spdlog::set_default_logger(std::move(logger));
  spdlog::flush_every(std::chrono::seconds(1));
  return absl::OkStatus();
}

void Stop() { spdlog::shutdown(); }

bool LogsAccess() { return access_lines; }
void Access(absl::string_view event, absl::Span<const Field> fields) {
  if (access_lines) Write(spdlog::level::info, event, fields);
}

void Debug(absl::string_view event, Fields fields) { Write(spdlog::level::debug, event, fields); }
void Info(absl::string_view event, Fields fields) { Write(spdlog::level::info, event, fields); }
void Warn(absl::string_view event, Fields fields) { Write(spdlog::level::warn, event, fields); }
void Error(absl::string_view event, Fields fields) { Write(spdlog::level::err, event, fields); }

}  // namespace tallystick::log
