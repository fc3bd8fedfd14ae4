// Tokens as calls present them: checking a signature costs more than answering a call does, so what
// was checked is remembered; keys may come and go meanwhile.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "platform/auth/revoked.h"
#include "platform/auth/token.h"
#include "platform/lang/mutex.h"
#include "platform/time/clock.h"

namespace tallystick {

struct TokenVerifierOptions {
  std::string keys_path;     // a folder or a JWKS file, see LoadKeys
  std::string revoked_path;  // see LoadRevoked
  TokenRules rules;
  absl::Duration reload_interval = absl::Seconds(1);
  size_t max_remembered = 10'000;  // tokens
  Clock clock = SystemNow;
};

// Thread-safe. Never waits for a file: the keys, and what is revoked, are looked at by a thread of
// its own. While one of them cannot be read, the last good ones count; when all keys were taken
// away, none does.
class TokenVerifier {
 public:
  // What LoadKeys or LoadRevoked says, if something cannot be read.
  static absl::StatusOr<std::unique_ptr<TokenVerifier>> Start(TokenVerifierOptions options);
  ~TokenVerifier();
  TokenVerifier(const TokenVerifier&) = delete;

  // What CheckToken and CheckRevoked say. A token that was good is remembered, by its hash, until
  // it expires or its key goes, or until as many others came after it.
  absl::StatusOr<Caller> Verify(absl::string_view token);

  // How many keys can be read, as of the last look: 0 when none can, though the last good ones may
  // count on until the server starts anew.
  size_t readable_keys() const;

  // How many signatures were checked.
  int64_t checks() const;

 private:
  using Hash = std::array<unsigned char, 32>;
  struct HashOfHash {
    size_t operator()(const Hash& hash) const;
  };
  using Memory = std::unordered_map<Hash, CheckedToken, HashOfHash>;

  TokenVerifier(TokenVerifierOptions options, KeySet keys, Revoked revoked);
  Hash HashOf(absl::string_view token) const;
  // What is remembered and still counts, for as long as the lock is held; null otherwise.
  const CheckedToken* Recall(const Hash& hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(const Hash& hash, const CheckedToken& token) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  void Reload() ABSL_LOCKS_EXCLUDED(mutex_);
  void ReloadRevoked() ABSL_LOCKS_EXCLUDED(mutex_);

  const TokenVerifierOptions options_;
  Hash hash_key_;  // so that nobody can choose where in the table a token falls

  mutable Mutex mutex_;
  Condition stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const KeySet> keys_ ABSL_GUARDED_BY(mutex_);
  std::string last_error_ ABSL_GUARDED_BY(mutex_);  // empty while the keys can be read
  Revoked revoked_ ABSL_GUARDED_BY(mutex_);
  std::string last_error_of_revoked_;  // the thread's own
  // The newer half and the older half: when the newer is full it becomes the older one.
  Memory newer_ ABSL_GUARDED_BY(mutex_);
  Memory older_ ABSL_GUARDED_BY(mutex_);
  int64_t checks_ ABSL_GUARDED_BY(mutex_) = 0;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick
