// A resource manager's state store, as YARN's RMStateStore: what is acknowledged survives any crash.
//
//   auto store = varve::RmStore::open(options, rm_options);
//   (*store)->store_application(application, [](varve::Result<varve::Committed> saved) { ... });   // after it is durable
//   auto removed = (*store)->remove_token(17).get();                                               // or wait for it
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>

#include "varve/engine.h"
#include "varve/rm_types.h"

namespace varve {

struct RmOptions {
  // A larger operation fails alone, with kTooLarge. Bounded by Options::transaction_bytes_max as well, for the whole transaction.
  std::size_t operation_bytes_max = 16u << 20;
  // When more applications are in a final state, those that finished first are removed.
  std::size_t completed_applications_max = 1000;
  // RM epochs, see rm::IncrementEpoch.
  std::uint64_t epoch_base = 0;
  std::uint64_t epoch_range = 0;
  // Of the records that this program writes; see check_version().
  rm::Version version{1, 0};
  // Called once, on the thread that met the error, when the store has come to its end (fenced, or its disk failed) and takes nothing any
  // more: the resource manager must step down. Must not block and must not close the store there.
  std::function<void(const Error&)> ended;
};

// Threads:  every function from any thread; those that wait not from "varve-loop".
// Durable:  `done` is called, and a future is ready, after the operation is durable and applied; `done` on "varve-loop", but for errors
//           found before anything is submitted (kTooLarge, and all of a store that has ended): then before submit() returns.
// Errors:   kTooLarge (this operation only), kNoSpace, kOutcomeUnknown (then ask engine().outcome()), kRefused; kFenced and kIo end the
//           store: every later operation fails with the same; kClosed.
class RmStore {
 public:
  using Done = Engine::Completion;
  using Saved = std::future<Result<Committed>>;
  using EngineOpener = std::function<Result<std::unique_ptr<Engine>>(Options, StateMachine&)>;

  // Recovers the state and becomes the writer: see Engine::open().
  static Result<std::unique_ptr<RmStore>> open(Options options, RmOptions rm_options);
  // The same over another kind of engine.
  static Result<std::unique_ptr<RmStore>> open(Options options, RmOptions rm_options, const EngineOpener& open_engine);
  ~RmStore();

  // One operation, or several as one atomic transaction. Blocks while the engine's queue is full (never on "varve-loop").
  void submit(rm::Operation operation, Done done);
  void submit(rm::Transaction transaction, Done done);
  Saved submit(rm::Operation operation);
  Saved submit(rm::Transaction transaction);

  // Each operation by its name, with a completion or as a future.
  void store_application(rm::Application application, Done done) { submit(rm::StoreApplication{std::move(application)}, std::move(done)); }
  Saved store_application(rm::Application application) { return submit(rm::StoreApplication{std::move(application)}); }
  void update_application(rm::Application application, Done done) {
    submit(rm::UpdateApplication{std::move(application)}, std::move(done));
  }
  Saved update_application(rm::Application application) { return submit(rm::UpdateApplication{std::move(application)}); }
  void remove_application(rm::ApplicationId id, Done done) { submit(rm::RemoveApplication{id}, std::move(done)); }
  Saved remove_application(rm::ApplicationId id) { return submit(rm::RemoveApplication{id}); }
  void store_attempt(rm::Attempt attempt, Done done) { submit(rm::StoreAttempt{std::move(attempt)}, std::move(done)); }
  Saved store_attempt(rm::Attempt attempt) { return submit(rm::StoreAttempt{std::move(attempt)}); }
  void update_attempt(rm::Attempt attempt, Done done) { submit(rm::UpdateAttempt{std::move(attempt)}, std::move(done)); }
  Saved update_attempt(rm::Attempt attempt) { return submit(rm::UpdateAttempt{std::move(attempt)}); }
  void remove_attempt(rm::AttemptId id, Done done) { submit(rm::RemoveAttempt{id}, std::move(done)); }
  Saved remove_attempt(rm::AttemptId id) { return submit(rm::RemoveAttempt{id}); }

  void store_token(rm::DelegationToken token, Done done) { submit(rm::StoreToken{std::move(token)}, std::move(done)); }
  Saved store_token(rm::DelegationToken token) { return submit(rm::StoreToken{std::move(token)}); }
  void update_token(rm::DelegationToken token, Done done) { submit(rm::UpdateToken{std::move(token)}, std::move(done)); }
  Saved update_token(rm::DelegationToken token) { return submit(rm::UpdateToken{std::move(token)}); }
  void remove_token(std::uint32_t sequence_number, Done done) { submit(rm::RemoveToken{sequence_number}, std::move(done)); }
  Saved remove_token(std::uint32_t sequence_number) { return submit(rm::RemoveToken{sequence_number}); }
  void store_master_key(rm::MasterKey key, Done done) { submit(rm::StoreMasterKey{std::move(key)}, std::move(done)); }
  Saved store_master_key(rm::MasterKey key) { return submit(rm::StoreMasterKey{std::move(key)}); }
  void remove_master_key(std::uint32_t id, Done done) { submit(rm::RemoveMasterKey{id}, std::move(done)); }
  Saved remove_master_key(std::uint32_t id) { return submit(rm::RemoveMasterKey{id}); }
  void store_amrm_tokens(rm::AmrmTokens tokens, Done done) { submit(rm::StoreAmrmTokens{std::move(tokens)}, std::move(done)); }
  Saved store_amrm_tokens(rm::AmrmTokens tokens) { return submit(rm::StoreAmrmTokens{std::move(tokens)}); }
  void store_reservation(rm::Reservation reservation, Done done) { submit(rm::StoreReservation{std::move(reservation)}, std::move(done)); }
  Saved store_reservation(rm::Reservation reservation) { return submit(rm::StoreReservation{std::move(reservation)}); }
  void remove_reservation(rm::ReservationId id, Done done) { submit(rm::RemoveReservation{std::move(id)}, std::move(done)); }
  Saved remove_reservation(rm::ReservationId id) { return submit(rm::RemoveReservation{std::move(id)}); }
  void store_proxy_ca(rm::ProxyCa ca, Done done) { submit(rm::StoreProxyCa{std::move(ca)}, std::move(done)); }
  Saved store_proxy_ca(rm::ProxyCa ca) { return submit(rm::StoreProxyCa{std::move(ca)}); }
  void store_version(rm::Version version, Done done) { submit(rm::StoreVersion{version}, std::move(done)); }
  Saved store_version(rm::Version version) { return submit(rm::StoreVersion{version}); }
  void delete_store(Done done) { submit(rm::DeleteStore{}, std::move(done)); }
  Saved delete_store() { return submit(rm::DeleteStore{}); }

  // The RM epoch for this life of the resource manager; the next call gets the next one. Waits.
  Result<std::uint64_t> get_and_increment_epoch();

  // None stored: stores RmOptions::version. The same major number: overwrites the minor one. Else an error, and the resource manager
  // must not start: kNewerLayout or kRefused. Waits.
  Result<void> check_version();

  // All that is stored, as of one moment. Waits; the resource manager goes on meanwhile.
  Result<rm::Snapshot> load_state();

  struct Counts {
    std::size_t applications = 0;
    std::size_t completed_applications = 0;
    std::size_t attempts = 0;
    std::size_t tokens = 0;
    std::size_t master_keys = 0;
    std::size_t reservations = 0;
    std::uint64_t copied_bytes = 0;  // of the state, because a checkpoint was looking at it; since the store was opened
    std::uint64_t held_bytes = 0;    // kept for checkpoints only, now
    std::uint64_t refused = 0;       // transactions that the state did not take; each is a bug
  };
  Counts counts();  // waits

  // Log, images, status, outcome of an unknown: see engine.h.
  Engine& engine();

  // Refuses new operations and waits for the submitted ones.
  Result<void> close();

 private:
  class Core;
  explicit RmStore(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace varve
