#include "rm/rm_state.h"

#include "base/check.h"
#include "base/result.h"
#include "rm/image_sections.h"
#include "rm/rm_schema.h"

namespace varve {

using schema::rm::Operation;

namespace {
// Objects freed with each transaction once no view sees them: more than a transaction can retire, few enough not to be felt.
constexpr std::size_t kReclaimedPerTransaction = 32;
}  // namespace

RmState::RmState() : tables_(std::make_shared<RmTables>()) {}

SchemaInfo RmState::schema() const {
  return {.compiled = std::string(rm_schema()), .transaction_type = capnp::typeId<schema::rm::Transaction>(), .name = "resource-manager"};
}

Reply RmState::apply(TxId, Bytes transaction) {
  Reply reply;
  if (auto reason = decoder_.decode(transaction)) {
    refused_++;
    reply = {.code = kRefused, .data = std::move(*reason)};
  } else {
    for (const PreparedOperation& operation : decoder_.operations()) apply(operation, reply);
  }
  tables_->generations.reclaim(kReclaimedPerTransaction);
  return reply;
}

void RmState::apply(const PreparedOperation& operation, Reply& reply) {
  RmTables& tables = *tables_;
  switch (operation.kind) {
    case Operation::STORE_APPLICATION:
    case Operation::UPDATE_APPLICATION:
      return tables.applications.put(operation.id.application(), operation.record);
    case Operation::REMOVE_APPLICATION:
      return remove_application(operation.id.application());
    case Operation::STORE_ATTEMPT:
    case Operation::UPDATE_ATTEMPT:
      return tables.attempts.put(operation.id, operation.record);
    case Operation::REMOVE_ATTEMPT:
      tables.attempts.erase(operation.id);
      return;
    case Operation::STORE_TOKEN:
      tables.meta.sequence_number = std::max(tables.meta.sequence_number, operation.number);
      [[fallthrough]];
    case Operation::UPDATE_TOKEN:
      return tables.tokens.put(operation.number, operation.record);
    case Operation::REMOVE_TOKEN:
      tables.tokens.erase(operation.number);
      return;
    case Operation::STORE_MASTER_KEY:
      return tables.master_keys.put(operation.number, operation.record);
    case Operation::REMOVE_MASTER_KEY:
      tables.master_keys.erase(operation.number);
      return;
    case Operation::STORE_AMRM_TOKENS:
      tables.meta.amrm = Record::make(operation.record, tables.generations.current());
      return;
    case Operation::STORE_RESERVATION:
      return tables.reservations.put(operation.reservation, operation.record);
    case Operation::REMOVE_RESERVATION:
      tables.reservations.erase(operation.reservation);
      return;
    case Operation::STORE_PROXY_CA:
      tables.meta.proxy_ca = Record::make(operation.record, tables.generations.current());
      return;
    case Operation::INCREMENT_EPOCH:
      reply.code = increment_epoch(operation.epoch);
      return;
    case Operation::STORE_VERSION:
      tables.meta.version = operation.version;
      return;
    case Operation::DELETE_STORE:
      return replace_tables(std::make_shared<RmTables>());
  }
  CHECK(false, static_cast<unsigned>(operation.kind));
}

void RmState::remove_application(const ApplicationKey& key) {
  tables_->applications.erase(key);
  const AttemptKey first{key.cluster_timestamp, static_cast<std::uint32_t>(key.id), 0};
  for (;;) {
    const auto attempt = tables_->attempts.view().lower_bound(first);
    if (attempt.at_end() || key < attempt.key().application()) return;
    tables_->attempts.erase(AttemptKey(attempt.key()));
  }
}

std::uint64_t RmState::increment_epoch(const rm::IncrementEpoch& increment) {
  const std::uint64_t epoch = tables_->meta.epoch.value_or(increment.base);
  const std::uint64_t after = epoch + 1;
  const bool wraps = increment.range > 0 && (after < increment.base || after - increment.base >= increment.range);
  tables_->meta.epoch = wraps ? increment.base : after;
  return epoch;
}

void RmState::replace_tables(std::shared_ptr<RmTables> tables) {
  copied_bytes_ += tables_->generations.copied_bytes();
  tables_ = std::move(tables);
}

void RmState::save(std::shared_ptr<const StateView> view, ImageSink& sink) const {
  auto rm_view = std::dynamic_pointer_cast<const RmView>(std::move(view));
  CHECK(rm_view != nullptr);
  save_sections(std::move(rm_view), sink);
}

Result<void> RmState::load(ImageSource& source) {
  reset();
  loader_ = std::make_unique<ImageLoader>();
  return loader_->declare(source);
}

Result<void> RmState::finish_load() {
  CHECK(loader_ != nullptr);
  ASSIGN_OR_RETURN(auto tables, loader_->finish());
  loader_.reset();
  replace_tables(std::move(tables));
  return ok();
}

void RmState::reset() {
  loader_.reset();
  replace_tables(std::make_shared<RmTables>());
}

RmState::Statistics RmState::statistics() const {
  const RmTables& tables = *tables_;
  return {.applications = tables.applications.size(),
          .attempts = tables.attempts.size(),
          .tokens = tables.tokens.size(),
          .master_keys = tables.master_keys.size(),
          .reservations = tables.reservations.size(),
          .copied_bytes = copied_bytes_ + tables.generations.copied_bytes(),
          .held_bytes = tables.generations.retired_bytes(),
          .refused = refused_};
}

void RmState::check_invariants() const {
  tables_->applications.check_invariants();
  tables_->attempts.check_invariants();
  tables_->tokens.check_invariants();
  tables_->master_keys.check_invariants();
  tables_->reservations.check_invariants();
}

}  // namespace varve
