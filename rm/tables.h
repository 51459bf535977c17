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
// Threads: read by any; destroyed on any.
class RmView : public StateView {
 public:
  explicit RmView(std::shared_ptr<RmTables> tables)
      : tables_(std::move(tables)),
        applications(tables_->applications.view()),
        attempts(tables_->attempts.view()),
        tokens(tables_->tokens.view()),
        master_keys(tables_->master_keys.view()),
        reservations(tables_->reservations.view()),
        meta(tables_->meta),
        pin_(tables_->generations.freeze()) {}

 private:
  std::shared_ptr<RmTables> tables_;

 public:
  const CowView<ApplicationKey> applications;
  const CowView<AttemptKey> attempts;
  const CowView<TokenKey> tokens;
  const CowView<MasterKeyKey> master_keys;
  const CowView<ReservationKey> reservations;
  const RmMeta meta;

 private:
  ViewPin pin_;  // released first
};

}  // namespace varve
