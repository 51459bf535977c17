// An engine in memory: the log is a vector, transactions are durable at once, or when the test says so.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "varve/engine.h"

namespace varve {

// What survives the engine; the test's handle on it.
struct FakeLog {
  std::vector<std::vector<std::uint64_t>> transactions;
  std::optional<Error> failure;  // of every submission
  bool holds = false;            // submissions wait for release()
  std::deque<std::function<void()>> held;

  void release() {
    holds = false;
    for (; !held.empty(); held.pop_front()) held.front()();
  }
};

class FakeEngine : public Engine {
 public:
  FakeEngine(FakeLog& log, StateMachine& machine) : log_(log), machine_(machine) {
    for (const auto& transaction : log_.transactions) machine_.apply(next_txid(), std::as_bytes(std::span(transaction)));
  }
  ~FakeEngine() override { (void)close(); }

  void submit(Bytes transaction, Completion done) override {
    if (closed_) return done(fail(ErrorCode::kClosed, "the engine is closed"));
    if (log_.failure) return done(fail(*log_.failure));
    std::vector<std::uint64_t> words(transaction.size() / 8);
    std::copy(transaction.begin(), transaction.end(), std::as_writable_bytes(std::span(words)).begin());
    auto commit = [this, words = std::move(words), done = std::move(done)] {
      if (log_.failure) return done(fail(*log_.failure));
      log_.transactions.push_back(words);
      const TxId txid = next_txid();
      done(Committed{txid, machine_.apply(txid, std::as_bytes(std::span(words)))});
    };
    if (log_.holds) {
      log_.held.push_back(std::move(commit));
    } else {
      commit();
    }
  }
  std::future<Result<Committed>> submit(Bytes transaction) override {
    auto promise = std::make_shared<std::promise<Result<Committed>>>();
    submit(transaction, [promise](Result<Committed> result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }
  bool try_submit(Bytes transaction, Completion done) override {
    submit(transaction, std::move(done));
    return true;
  }
  Result<Outcome> outcome(const Ticket&) const override { return Outcome::kUnknownYet; }
  void inspect(const std::function<void()>& read) override { read(); }
  Result<void> reload_certificates() override { return {}; }
  Result<TxId> checkpoint() override { return TxId{txid_}; }
  Status status() const override { return {}; }
  Result<void> close() override {
    if (!std::exchange(closed_, true)) log_.release();
    return {};
  }

 private:
  TxId next_txid() { return TxId{++txid_}; }

  FakeLog& log_;
  StateMachine& machine_;
  std::uint64_t txid_ = 0;
  bool closed_ = false;
};

}  // namespace varve
