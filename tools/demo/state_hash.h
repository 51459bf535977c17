// A fingerprint of what a resource manager's store holds, that can be kept up to date entry by entry: the sum of the digests of its
// entries. Computed from plain values, on one side from what the store loads, on the other from what was sent to it.
#pragma once

#include <string>

#include "base/digest.h"
#include "varve/rm_types.h"

namespace varve {

struct StateHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const StateHash&) const = default;

  void add(const Digest& entry) {
    low += entry.low;
    high += entry.high;
  }
  void remove(const Digest& entry) {
    low -= entry.low;
    high -= entry.high;
  }
};

Digest digest_of_entry(const rm::Application& application);
Digest digest_of_entry(const rm::Attempt& attempt);
Digest digest_of_entry(const rm::DelegationToken& token);
Digest digest_of_entry(const rm::MasterKey& key);
Digest digest_of_entry(const rm::AmrmTokens& tokens);

StateHash hash_of(const rm::Snapshot& snapshot);

}  // namespace varve
