// A simulated machine with the data directory of an observatory, /data, and the viewers looking at it. Fixtures speak in its verbs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "base/tasks.h"
#include "editlog/segment_names.h"
#include "ha/replica.h"
#include "tests/tools/night_log.h"
#include "tools/viewer.h"

namespace varve::testing {

inline const std::string kDataPath = "/data";

// What a viewer did.
struct Viewed {
  int exit_status = 0;
  std::string out;
  std::string problems;

  std::vector<std::string> lines() const;  // of `out`
};

class ObservatoryWorld {
 public:
  ObservatoryWorld();
  ~ObservatoryWorld() noexcept {}

  SimWorld& world() { return world_; }
  SimDisk& disk() { return world_.disk(); }

  // The process that writes.
  void start();
  Result<void> try_start();
  void record_nights(unsigned count, const RecordBytes& night = make_full_night());
  void checkpoint();
  void stop();
  void kill();

  Viewed view(Task<void> (*what)(Viewer&), ViewOptions options);
  Viewed view(Task<void> (*what)(Viewer&)) { return view(what, ViewOptions{.paths = {kDataPath}}); }
  Viewed view_json(Task<void> (*what)(Viewer&), Secrets secrets = Secrets::kHide) {
    return view(what, ViewOptions{.paths = {kDataPath}, .json = true, .secrets = secrets});
  }

  // What the state machine holds, each as it was submitted.
  const std::vector<std::string>& nights() const { return machine_.nights(); }

  // Full paths of all files below /data, by name.
  std::vector<std::string> files();
  // Those whose name begins so.
  std::vector<std::string> files_named(const std::string& beginning);
  // The newest file whose name begins so.
  std::string newest(const std::string& beginning);

 private:
  Task<Result<void>> open();
  void pump();

  SimWorld world_;
  NightLog machine_;
  std::optional<SubmitQueue> queue_;
  Tasks wakes_;
  kj::Own<Replica> replica_;
};

}  // namespace varve::testing
