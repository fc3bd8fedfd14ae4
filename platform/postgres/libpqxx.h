// What differs between the versions of libpqxx: 6.4 (Debian 12), 7.8 (Ubuntu 24.04), 7.10 (Debian
// 13).
#pragma once

#include <cstddef>
#include <pqxx/pqxx>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace tallystick::postgres {

// Binary parameters and fields.
#if PQXX_VERSION_MAJOR >= 7
using Bytes = std::basic_string<std::byte>;
inline Bytes ToBytes(absl::string_view text) {
  return Bytes(reinterpret_cast<const std::byte*>(text.data()), text.size());
}
inline Bytes FieldBytes(const pqxx::field& field) { return field.as<Bytes>(); }
#else
using Bytes = pqxx::binarystring;
inline Bytes ToBytes(absl::string_view text) { return Bytes(text.data(), text.size()); }
inline Bytes FieldBytes(const pqxx::field& field) { return Bytes(field); }
#endif

// Statements with parameters.
#if PQXX_VERSION_MAJOR > 7 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR >= 10)
template <typename... Args>
pqxx::result ExecPrepared(pqxx::work& work, const char* name, Args&&... args) {
  return work.exec(pqxx::prepped{name}, pqxx::params{std::forward<Args>(args)...});
}
template <typename... Args>
pqxx::result ExecParams(pqxx::work& work, const std::string& sql, Args&&... args) {
  return work.exec(sql, pqxx::params{std::forward<Args>(args)...});
}
#else
template <typename... Args>
pqxx::result ExecPrepared(pqxx::work& work, const char* name, Args&&... args) {
  return work.exec_prepared(name, std::forward<Args>(args)...);
}
template <typename... Args>
pqxx::result ExecParams(pqxx::work& work, const std::string& sql, Args&&... args) {
  return work.exec_params(sql, std::forward<Args>(args)...);
}
#endif

// Only libpqxx 6 reconnects by itself: it would forget what was prepared, and the watchdog would
// hold on to a socket that is another's by then.
#if PQXX_VERSION_MAJOR >= 7
inline void NeverReconnect(pqxx::connection&) {}
#else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
inline void NeverReconnect(pqxx::connection& connection) { connection.inhibit_reactivation(true); }
#pragma GCC diagnostic pop
#endif

}  // namespace tallystick::postgres
