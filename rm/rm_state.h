// The state of a resource manager, as its transactions (rm/rm.capnp) make it.
//
// Owns:      the tables; a frozen view keeps those that it was made of.
// Threads:   as StateMachine says; view() and statistics() are the "varve-loop" thread's.
// Errors:    a transaction that cannot be taken changes nothing and is answered with Reply::code kRefused and the reason in Reply::data.
#pragma once

#include <memory>
#include <vector>

#include "rm/image_loader.h"
#include "rm/tables.h"
#include "rm/transaction_decoder.h"
#include "varve/state_machine.h"

namespace varve {

class RmState : public StateMachine {
 public:
  // Reply::code of a transaction that was taken: the RM epoch before its last increment, else 0; Reply::data is empty.
  static constexpr std::uint64_t kRefused = UINT64_MAX;
  static bool refused(const Reply& reply) { return reply.code == kRefused && !reply.data.empty(); }

  struct Statistics {
    std::size_t applications = 0;
    std::size_t attempts = 0;
    std::size_t tokens = 0;
    std::size_t master_keys = 0;
    std::size_t reservations = 0;
    std::uint64_t copied_bytes = 0;  // because a view saw the original
    std::uint64_t held_bytes = 0;    // for views only
    std::uint64_t refused = 0;
  };

  RmState();

  SchemaInfo schema() const override;
  Reply apply(TxId txid, Bytes transaction) override;
  std::shared_ptr<const StateView> freeze() override { return view(); }
  void save(std::shared_ptr<const StateView> view, ImageSink& sink) const override;
  Result<void> load(ImageSource& source) override;
  Result<void> finish_load() override;
  void reset() override;

  // As freeze(), for those who read the records themselves.
  std::shared_ptr<const RmView> view() { return std::make_shared<const RmView>(tables_); }
  const RmMeta& meta() const { return tables_->meta; }
  Statistics statistics() const;

  // For tests.
  void check_invariants() const;

 private:
  void apply(const PreparedOperation& operation, Reply& reply);
  void remove_application(const ApplicationKey& key);
  std::uint64_t increment_epoch(const rm::IncrementEpoch& increment);
  void replace_tables(std::shared_ptr<RmTables> tables);

  std::shared_ptr<RmTables> tables_;
  TransactionDecoder decoder_;
  std::unique_ptr<ImageLoader> loader_;  // between load() and finish_load()
  std::uint64_t copied_bytes_ = 0;       // of tables that are gone
  std::uint64_t refused_ = 0;
};

}  // namespace varve
