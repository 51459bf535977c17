// Saves sections in parallel: workers make chunks of several parts at once, the loop writes them in the order of the file.
//
// Each task on a worker makes one chunk of one part. The part whose chunks are being written (the head) has the right of way; parts
// behind it are made ahead as far as kAheadBytes reach.
// Owns:      the memory of the chunks under way.
// Threads:   the event loop's. Destroying it waits for the tasks under way.
// Errors:    after the first one no task is begun; run() resolves when none is under way any more.
// Invariant: under_way_bytes_ is the sum of all parts' bytes; a part is unstarted, resumable, running or ended.
#pragma once

#include <kj/async.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "fsimage/chunk_builder.h"
#include "fsimage/chunk_codec.h"
#include "fsimage/give_way.h"
#include "fsimage/image_directory.h"
#include "fsimage/image_writer.h"
#include "fsimage/section_plan.h"
#include "fsimage/signal.h"

namespace varve {

class ImageSaver final : private kj::TaskSet::ErrorHandler {
 public:
  static constexpr std::uint64_t kAheadBytes = 8u << 20;
  static constexpr std::size_t kWriteBytes = 4u << 20;  // what is ready is written in one go, up to about this

  // `plan` and `writer` must outlive it.
  ImageSaver(Seams seams, SectionPlan& plan, ImageWriter& writer, SaveOptions options);

  // Writes the chunks of all sections.
  Task<Result<void>> run();

 private:
  struct Part {
    std::size_t section;
    RecordProducer produce;
    bool running = false;
    bool ended = false;
    std::uint64_t bytes = 0;  // of memory: of its chunks being made, ready and being written
    std::vector<Chunk> ready;
  };
  // What a task on a worker works with; kept from task to task.
  struct Bench {
    AlignedBuffer buffer;
    ChunkEncoder encoder;
    std::optional<Chunk> chunk;
    bool more = false;
    std::optional<Error> error;
  };

  void start_tasks();
  std::size_t next_to_start() const;
  bool may_start(std::size_t index) const;
  Task<void> make_chunk(std::size_t index);
  void fill(const Part& part, Bench& bench) const;  // on a worker
  void take(std::size_t index, Bench& bench);
  Task<Result<void>> write_ready();
  std::vector<ImageWriter::Placed> gather(std::vector<std::size_t>& owners);
  kj::Promise<void> rest();
  AlignedBuffer take_buffer();
  void taskFailed(kj::Exception&& exception) override;

  Clock& clock_;
  Workers& workers_;
  const SectionPlan& plan_;
  ImageWriter& writer_;
  const SaveOptions options_;
  const GiveWay give_way_;
  const std::size_t buffer_bytes_;

  std::deque<Part> parts_;
  std::size_t head_ = 0;             // part whose chunks are written now
  std::size_t unstarted_ = 0;        // first part of which nothing was made yet
  std::set<std::size_t> resumable_;  // parts before it that can make their next chunk
  std::uint64_t under_way_bytes_ = 0;
  std::size_t tasks_under_way_ = 0;
  bool resting_ = false;  // the last pause was a real one
  std::optional<Error> failure_;
  Signal progress_;
  std::vector<AlignedBuffer> spare_buffers_;
  std::vector<std::unique_ptr<Bench>> benches_;
  std::vector<Bench*> free_benches_;
  kj::TaskSet tasks_;  // last: its tasks use all of the above
};

}  // namespace varve
