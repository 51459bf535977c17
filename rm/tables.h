// Everything that a resource manager's state holds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "rm/cow_map.h"
#include "rm/keys.h"
#include "varve/rm_types.h"
#include "varve/state_machine.h"

namespace varve {

// What there is only one of; small enough to be copied for a view.
struct RmMeta {
  std::optional<rm::Version> version;
  std::optional<std::uint64_t> epoch;
  std::uint32_t sequence_number = 0;
  std::shared_ptr<const Record> amrm;      // AmrmTokens; null: none stored
  std::shared_ptr<const Record> proxy_ca;  // ProxyCa; null: none stored
};

struct RmTables {
  Generations generations;  // before the maps: it outlives them
  CowMap<ApplicationKey> applications{generations};
  CowMap<AttemptKey> attempts{generations};
  CowMap<TokenKey> tokens{generations};
  CowMap<MasterKeyKey> master_keys{generations};
  CowMap<ReservationKey> reservations{generations};
  RmMeta meta;
};

// The state at one moment. Keeps the tables alive, also when the state itself has moved on to others.
// Threads: read by any number; destroyed on any.
struct RmView : StateView {
  explicit RmView(std::shared_ptr<RmTables> state)
      : tables(std::move(state)),
        applications(tables->applications.view()),
        attempts(tables->attempts.view()),
        tokens(tables->tokens.view()),
        master_keys(tables->master_keys.view()),
        reservations(tables->reservations.view()),
        meta(tables->meta),
        pin(tables->generations.freeze()) {}

  const std::shared_ptr<RmTables> tables;  // the owner's thread goes on changing them
  const CowView<ApplicationKey> applications;
  const CowView<AttemptKey> attempts;
  const CowView<TokenKey> tokens;
  const CowView<MasterKeyKey> master_keys;
  const CowView<ReservationKey> reservations;
  const RmMeta meta;
  const ViewPin pin;  // released first
};

}  // namespace varve
