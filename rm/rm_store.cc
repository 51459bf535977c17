#include "varve/rm_store.h"

#include <fmt/format.h>

#include "base/result.h"
#include "rm/rm_store_core.h"
#include "rm/snapshot.h"

namespace varve {

Result<std::unique_ptr<RmStore>> RmStore::open(Options options, RmOptions rm_options, const EngineOpener& open_engine) {
  auto core = std::make_unique<Core>(std::move(rm_options));
  TRY(core->open(std::move(options), open_engine));
  return std::unique_ptr<RmStore>(new RmStore(std::move(core)));
}

RmStore::RmStore(std::unique_ptr<Core> core) : core_(std::move(core)) {}
RmStore::~RmStore() = default;

void RmStore::submit(rm::Operation operation, Done done) {
  rm::Transaction transaction;
  transaction.push_back(std::move(operation));
  core_->submit(std::move(transaction), std::move(done));
}

void RmStore::submit(rm::Transaction transaction, Done done) {
  core_->submit(std::move(transaction), std::move(done));
}

RmStore::Saved RmStore::submit(rm::Operation operation) {
  rm::Transaction transaction;
  transaction.push_back(std::move(operation));
  return submit(std::move(transaction));
}

RmStore::Saved RmStore::submit(rm::Transaction transaction) {
  auto promise = std::make_shared<std::promise<Result<Committed>>>();
  Saved saved = promise->get_future();
  core_->submit(std::move(transaction), [promise](Result<Committed> result) { promise->set_value(std::move(result)); });
  return saved;
}

Result<std::uint64_t> RmStore::get_and_increment_epoch() {
  ASSIGN_OR_RETURN(const Committed committed, submit(rm::IncrementEpoch{core_->options().epoch_base, core_->options().epoch_range}).get());
  return committed.reply.code;
}

Result<void> RmStore::check_version() {
  const rm::Version current = core_->options().version;
  const std::optional<rm::Version> stored = core_->stored_version();
  if (stored == current) return ok();
  if (stored && stored->major != current.major) {
    return fail(
        stored->major > current.major ? ErrorCode::kNewerLayout : ErrorCode::kRefused,
        fmt::format(
            "checking the version of the resource manager's state: stored is {}.{}, this program writes {}.{}; only minor versions may "
            "differ: start the program of the stored version, or delete the store",
            stored->major, stored->minor, current.major, current.minor));
  }
  ASSIGN_OR_RETURN([[maybe_unused]] const Committed committed, submit(rm::StoreVersion{current}).get());
  return ok();
}

Result<rm::Snapshot> RmStore::load_state() {
  return snapshot_of(*core_->view());
}

RmStore::Counts RmStore::counts() {
  return core_->counts();
}

Engine& RmStore::engine() {
  return core_->engine();
}

Result<void> RmStore::close() {
  return core_->engine().close();
}

}  // namespace varve
