// What stands behind RmStore.
//
// Owns:    the state, the engine that keeps it alive, and what is known of completed applications.
// Threads: any, but open() before all others.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "rm/completed_applications.h"
#include "rm/rm_state.h"
#include "varve/rm_store.h"

namespace varve {

class RmStore::Core {
 public:
  explicit Core(RmOptions options) : options_(std::move(options)), completed_(options_.completed_applications_max) {}
  ~Core() { engine_.reset(); }  // its completions use the rest

  Result<void> open(Options options, const EngineOpener& open_engine);
  void submit(rm::Transaction transaction, Done done);

  std::shared_ptr<const RmView> view();
  std::optional<rm::Version> stored_version();
  Counts counts();
  const RmOptions& options() const { return options_; }
  Engine& engine() { return *engine_; }

 private:
  void finish(const rm::Transaction& transaction, Result<Committed> result, const Done& done);
  // Takes note of what is durable and removes completed applications above the limit.
  void note(const rm::Transaction& transaction);
  void remove_surplus();
  void remove(const CompletedApplication& application);
  void notice(const Error& error);
  std::optional<Error> end() const;

  const RmOptions options_;
  LogSink log_;
  RmState state_;
  mutable std::mutex mutex_;  // guards the next three
  CompletedApplications completed_;
  std::optional<Error> end_;  // why the store takes nothing any more
  bool told_ = false;         // RmOptions::ended was called
  std::unique_ptr<Engine> engine_;
};

}  // namespace varve
