#include "platform/auth/key_set.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

absl::Status Wrong(const std::string& where, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", what));
}

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Wrong(path, "cannot be read");
  return text.str();
}

absl::StatusOr<KeySet> ReadFolder(const std::string& path) {
  KeySet keys;
  std::error_code error;
  std::filesystem::directory_iterator file(path, error);
  for (; !error && file != std::filesystem::directory_iterator(); file.increment(error)) {
    if (file->path().extension() != ".pem") continue;
    const absl::StatusOr<std::string> pem = ReadWhole(file->path());
    if (!pem.ok()) return pem.status();
    auto key = PublicKey::FromPem(*pem);
    if (!key.ok()) return Wrong(file->path(), key.status().message());
    keys.emplace(file->path().stem(), *std::move(key));
  }
  if (error) return Wrong(path, "cannot be read");
  return keys;
}

bool IsForSignatures(const nlohmann::json& jwk) {
  return jwk.is_object() && jwk.value("use", nlohmann::json("sig")) == "sig";
}

bool IsOfAKindWeTake(const nlohmann::json& jwk) {
  const nlohmann::json kind = jwk.value("kty", nlohmann::json());
  const nlohmann::json curve = jwk.value("crv", nlohmann::json());
  return (kind == "EC" && curve == "P-256") || (kind == "OKP" && curve == "Ed25519");
}

}  // namespace

absl::StatusOr<KeySet> ReadJwks(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto found = json.is_object() ? json.find("keys") : json.end();
  if (!json.is_object() || found == json.end() || !found->is_array()) {
    return absl::InvalidArgumentError("is not a JSON Web Key Set: {\"keys\": [...]}");
  }
  KeySet keys;
  for (const nlohmann::json& jwk : *found) {
    if (!IsForSignatures(jwk) || !IsOfAKindWeTake(jwk)) continue;
    const nlohmann::json kid = jwk.value("kid", nlohmann::json());
    if (!kid.is_string() || kid.get_ref<const std::string&>().empty()) {
      return absl::InvalidArgumentError("has a key without a kid");
    }
    auto key = PublicKey::FromJwk(jwk);
    if (!key.ok()) return Wrong(kid.get<std::string>(), key.status().message());
    if (!keys.emplace(kid.get<std::string>(), *std::move(key)).second) {
      return Wrong(kid.get<std::string>(), "is the kid of two keys");
    }
  }
  return keys;
}

absl::StatusOr<KeySet> LoadKeys(const std::string& path) {
  absl::StatusOr<KeySet> keys;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    keys = ReadFolder(path);
  } else {
    const absl::StatusOr<std::string> text = ReadWhole(path);
    if (!text.ok()) return text.status();
    keys = ReadJwks(*text);
    if (!keys.ok()) return Wrong(path, keys.status().message());
  }
  if (!keys.ok()) return keys;
  if (keys->empty()) {
    return absl::NotFoundError(absl::StrCat(path, ": has no key that tokens could be signed with"));
  }
  if (keys->size() > kMaxKeys) {
    return Wrong(path, absl::StrCat("has more than ", kMaxKeys, " keys"));
  }
  return keys;
}

}  // namespace tallystick
