// What the store must hold after the first n transactions of the demo's sequence, by a second and simpler way: entries in hash maps.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "base/digest.h"
#include "tools/demo/state_hash.h"
#include "varve/rm_types.h"

namespace varve {

class StateModel {
 public:
  void apply(const rm::Operation& operation);

  const StateHash& hash() const { return hash_; }
  std::size_t applications() const { return applications_.size(); }

 private:
  struct Entry {
    Digest digest;
    std::map<std::uint32_t, Digest> attempts;
    bool stored = false;  // false: only attempts are
  };
  struct IdHash {
    std::size_t operator()(const rm::ApplicationId& id) const {
      return (id.cluster_timestamp ^ (std::uint64_t{id.id} << 32 | id.id)) * 0x9e3779b97f4a7c15u >> 16;
    }
  };

  void put(const rm::Application& application);
  void put(const rm::Attempt& attempt);
  void remove(const rm::ApplicationId& id);
  void remove(const rm::AttemptId& id);

  std::unordered_map<rm::ApplicationId, Entry, IdHash> applications_;
  StateHash hash_;
};

}  // namespace varve
