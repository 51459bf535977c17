#include "tests/simulation/replica_process.h"

#include "base/result.h"
#include "ha/options.h"
#include "journal/local_journal.h"

namespace varve {

ReplicaProcess::ReplicaProcess(SimWorld& world, const Options& options, SubmissionRecord& record)
    : world_(world),
      options_(options),
      record_(record),
      queue_(queue_options(options), [this] { tasks_.add(kj::evalLater([this] { pump(); })); }) {}

ReplicaProcess::~ReplicaProcess() noexcept(false) {
  record_.drop_open();
}

void ReplicaProcess::pump() {
  if (replica_.get() != nullptr) replica_->pump();
}

Task<Result<void>> ReplicaProcess::start() {
  auto journal = co_await LocalJournal::open(world_.seams(), kJournal, log_options(options_), roll_policy(options_));
  if (!journal) co_return fail(journal.error());
  auto directory = co_await world_.seams().disk.create_directory(kImages);
  if (!directory) co_return fail(directory.error());
  auto images = co_await ImageDirectory::open(world_.seams(), kj::mv(*directory), (*journal)->namespace_id());
  if (!images) co_return fail(images.error());
  ReplicaConfig config;
  config.writer_name = "rm1";
  config.host = "simulated";
  config.checkpoint = checkpoint_policy(options_);
  config.image_chunk_bytes = options_.image_chunk_bytes;
  auto replica = co_await Replica::open(world_.seams(), kj::mv(*journal), kj::mv(*images), std::move(config), ledger_, queue_);
  if (!replica) co_return fail(replica.error());
  replica_ = kj::mv(*replica);
  co_return ok();
}

Task<Result<void>> ReplicaProcess::stop() {
  queue_.close(Error(ErrorCode::kClosed, "not submitted: the process is stopping"));
  auto closed = co_await replica_->close();
  co_return kj::mv(closed);
}

void ReplicaProcess::submit(const std::string& transaction) {
  const std::size_t index = record_.submit(as_bytes(transaction));
  Engine::Completion done = [this, index](const Result<Committed>& result) {
    Result<TxId> txid = result ? Result<TxId>(result->txid) : Result<TxId>(fail(result.error()));
    if (result) world_.trace().add("acknowledged", index, txid->value);
    if (std::string wrong = record_.complete(index, txid); broken_promise_.empty()) broken_promise_ = wrong;
  };
  std::optional<Error> error;
  if (queue_.submit(as_bytes(transaction), done, SubmitQueue::Full::kPass, error) == SubmitQueue::Admission::kRefused) done(fail(*error));
}

void ReplicaProcess::begin_checkpoint() {
  tasks_.add(replica_->checkpoint().ignoreResult());
}

}  // namespace varve
