#include "platform/auth/token_verifier.h"

#include <sodium.h>

#include <cstring>

#include "platform/process/log.h"
#include "platform/time/steady.h"

namespace tallystick {

absl::StatusOr<std::unique_ptr<TokenVerifier>> TokenVerifier::Start(TokenVerifierOptions options) {
  absl::StatusOr<KeySet> keys = LoadKeys(options.keys_path);
  if (!keys.ok()) return keys.status();
  absl::StatusOr<Revoked> revoked = LoadRevoked(options.revoked_path);
  if (!revoked.ok()) return revoked.status();
  return std::unique_ptr<TokenVerifier>(
      new TokenVerifier(std::move(options), *std::move(keys), *std::move(revoked)));
}

TokenVerifier::TokenVerifier(TokenVerifierOptions options, KeySet keys, Revoked revoked)
    : options_(std::move(options)),
      keys_(std::make_shared<KeySet>(std::move(keys))),
      revoked_(std::move(revoked)) {
  randombytes_buf(hash_key_.data(), hash_key_.size());
  thread_ = std::jthread([this] { Loop(); });
}

TokenVerifier::~TokenVerifier() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
}

size_t TokenVerifier::HashOfHash::operator()(const Hash& hash) const {
  size_t result;
  std::memcpy(&result, hash.data(), sizeof(result));
  return result;
}

TokenVerifier::Hash TokenVerifier::HashOf(absl::string_view token) const {
  Hash hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(token.data()),
                     token.size(), hash_key_.data(), hash_key_.size());
  return hash;
}

const CheckedToken* TokenVerifier::Recall(const Hash& hash) {
  auto found = newer_.find(hash);
  if (found == newer_.end()) {
    const auto old = older_.find(hash);
    if (old == older_.end()) return nullptr;
    CheckedToken token = std::move(old->second);
    older_.erase(old);
    Remember(hash, token);
    found = newer_.find(hash);
  }
  const auto key = keys_->find(found->second.key_id);
  if (key != keys_->end() && key->second == found->second.key) return &found->second;
  newer_.erase(found);
  return nullptr;
}

void TokenVerifier::Remember(const Hash& hash, const CheckedToken& token) {
  if (newer_.size() >= (options_.max_remembered + 1) / 2) {
    older_ = std::move(newer_);
    newer_ = Memory();
  }
  newer_.insert_or_assign(hash, token);
}

absl::StatusOr<Caller> TokenVerifier::Verify(absl::string_view token) {
  const absl::Time now = options_.clock();
  if (token.size() > kMaxTokenBytes) return CheckToken(token, {}, options_.rules, now).status();
  const Hash hash = HashOf(token);
  std::shared_ptr<const KeySet> keys;
  {
    MutexLock lock(mutex_);
    if (const CheckedToken* known = Recall(hash)) {
      absl::Status counts = CheckTime(*known, now);
      if (counts.ok()) counts = CheckRevoked(*known, revoked_);
      if (!counts.ok()) return counts;
      return known->caller;
    }
    keys = keys_;
    ++checks_;
  }
  absl::StatusOr<CheckedToken> checked = CheckToken(token, *keys, options_.rules, now);
  if (!checked.ok()) return checked.status();
  MutexLock lock(mutex_);
  Remember(hash, *checked);
  const absl::Status counts = CheckRevoked(*checked, revoked_);
  if (!counts.ok()) return counts;
  return std::move(checked->caller);
}

size_t TokenVerifier::readable_keys() const {
  MutexLock lock(mutex_);
  return last_error_.empty() ? keys_->size() : 0;
}

int64_t TokenVerifier::checks() const {
  MutexLock lock(mutex_);
  return checks_;
}

void TokenVerifier::Loop() {
  MutexLock lock(mutex_);
  while (true) {
    const SteadyTime next = SteadyAfter(options_.reload_interval);
    while (!stopping_ && SteadyNow() < next) stop_.WaitUntil(mutex_, next);
    if (stopping_) return;
    lock.Unlock();
    Reload();
    ReloadRevoked();
    lock.Lock();
  }
}

// A file that is gone or half written lets nobody in again.
void TokenVerifier::ReloadRevoked() {
  absl::StatusOr<Revoked> loaded = LoadRevoked(options_.revoked_path);
  if (!loaded.ok()) {
    const std::string error(loaded.status().message());
    if (error != last_error_of_revoked_) {
      log::Error("revoked tokens cannot be read; the last list counts on", {{"reason", error}});
    }
    last_error_of_revoked_ = error;
    return;
  }
  last_error_of_revoked_.clear();
  MutexLock lock(mutex_);
  if (*loaded == revoked_) return;
  revoked_ = *std::move(loaded);
  log::Warn("revoked tokens changed", {{"subjects", std::to_string(revoked_.subjects.size())},
                                       {"tokens", std::to_string(revoked_.tokens.size())}});
}

void TokenVerifier::Reload() {
  absl::StatusOr<KeySet> loaded = LoadKeys(options_.keys_path);
  // Taken away on purpose, as to revoke every token.
  if (absl::IsNotFound(loaded.status())) loaded = KeySet();
  MutexLock lock(mutex_);
  if (!loaded.ok()) {
    const std::string error(loaded.status().message());
    if (error != last_error_) {
      log::Error("token keys cannot be read; the last good ones count on", {{"reason", error}});
    }
    last_error_ = error;
    return;
  }
  if (!last_error_.empty()) {
    log::Info("token keys can be read again", {{"keys", std::to_string(loaded->size())}});
  }
  last_error_.clear();
  bool changed = loaded->size() != keys_->size();
  for (auto& [id, key] : *loaded) {
    const auto known = keys_->find(id);
    if (known != keys_->end() && *known->second == *key) {
      key = known->second;  // what is remembered under it stays good
    } else {
      changed = true;
    }
  }
  if (!changed) return;
  keys_ = std::make_shared<KeySet>(*std::move(loaded));
  log::Warn("token keys changed", {{"keys", std::to_string(keys_->size())}});
}

}  // namespace tallystick
