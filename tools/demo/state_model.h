// What the store must hold after the first n transactions of the demo's sequence, by a second and simpler way: digests of entries in
// maps. It knows the operations that the sequence has.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/digest.h"
#include "tools/demo/state_hash.h"
#include "varve/rm_types.h"

namespace varve {

class StateModel {
 public:
  void apply(const rm::Operation& operation);

  const StateHash& hash() const { return hash_; }

 private:
  struct Application {
    std::optional<Digest> digest;  // none: only attempts are stored
    std::map<std::uint32_t, Digest> attempts;
  };
  struct IdHash {
    std::size_t operator()(const rm::ApplicationId& id) const {
      return (id.cluster_timestamp ^ (std::uint64_t{id.id} << 32 | id.id)) * 0x9e3779b97f4a7c15u >> 16;
    }
  };

  void put(std::optional<Digest>& place, const Digest& digest);
  void drop(std::optional<Digest>& place);
  void put(std::map<std::uint32_t, Digest>& entries, std::uint32_t key, const Digest& digest);
  void drop(std::map<std::uint32_t, Digest>& entries, std::uint32_t key);
  void put(const rm::Application& application);
  void remove(const rm::ApplicationId& id);

  std::unordered_map<rm::ApplicationId, Application, IdHash> applications_;
  std::map<std::uint32_t, Digest> tokens_;
  std::map<std::uint32_t, Digest> master_keys_;
  std::optional<Digest> amrm_tokens_;
  StateHash hash_;
};

}  // namespace varve
