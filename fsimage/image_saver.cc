#include "fsimage/image_saver.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/check.h"
#include "base/result.h"

namespace varve {

ImageSaver::ImageSaver(Seams seams, SectionPlan& plan, ImageWriter& writer, SaveOptions options)
    : clock_(seams.clock),
      workers_(seams.workers),
      plan_(plan),
      writer_(writer),
      options_(std::move(options)),
      give_way_(options_.pace ? GiveWay([this] { return rest(); }) : GiveWay()),
      buffer_bytes_(ChunkBuilder::buffer_bytes(options_.chunk_bytes)),
      tasks_(*this) {
  for (SectionPlan::Part& part : plan.parts()) {
    Part& added = parts_.emplace_back();
    added.section = part.section;
    added.produce = std::move(part.produce);
  }
  for (unsigned i = 0; i < 2 * workers_.count(); ++i) {  // a worker's next task waits for it, not the worker for the loop
    benches_.push_back(std::make_unique<Bench>());
    free_benches_.push_back(benches_.back().get());
  }
}

Task<Result<void>> ImageSaver::run() {
  while (head_ < parts_.size() && !failure_) {
    start_tasks();
    Part& head = parts_[head_];
    if (!head.ready.empty()) {
      Result<void> written = co_await write_ready();
      if (!written && !failure_) failure_ = written.error();
    } else if (head.ended) {
      ++head_;
    } else {
      co_await progress_.wait();
    }
  }
  while (tasks_under_way_ > 0) co_await progress_.wait();
  if (failure_) co_return fail(*failure_);
  co_return ok();
}

void ImageSaver::start_tasks() {
  const std::size_t tasks_max = resting_ ? 1 : benches_.size();  // who gives way leaves the other cores alone
  while (!failure_ && tasks_under_way_ < tasks_max && !free_benches_.empty()) {
    const std::size_t index = next_to_start();
    if (index == parts_.size() || !may_start(index)) return;
    if (index == unstarted_) ++unstarted_;
    resumable_.erase(index);
    tasks_.add(make_chunk(index));
  }
}

std::size_t ImageSaver::next_to_start() const {
  return resumable_.empty() ? unstarted_ : *resumable_.begin();
}

// The head always may when it has nothing under way, so there is progress however large the records are.
bool ImageSaver::may_start(std::size_t index) const {
  const std::uint64_t ahead_bytes = std::max<std::uint64_t>(kAheadBytes, buffer_bytes_);
  if (index != head_) return under_way_bytes_ + buffer_bytes_ <= ahead_bytes;
  return parts_[index].bytes == 0 || under_way_bytes_ + buffer_bytes_ <= ahead_bytes + 2 * buffer_bytes_;
}

Task<void> ImageSaver::make_chunk(std::size_t index) {
  Part& part = parts_[index];
  Bench& bench = *free_benches_.back();
  free_benches_.pop_back();
  bench.buffer = take_buffer();
  part.running = true;
  part.bytes += buffer_bytes_;
  under_way_bytes_ += buffer_bytes_;
  ++tasks_under_way_;
  co_await workers_.run([this, &part, &bench] { fill(part, bench); });
  --tasks_under_way_;
  take(index, bench);
  free_benches_.push_back(&bench);
  start_tasks();
  progress_.raise();
}

void ImageSaver::fill(const Part& part, Bench& bench) const {
  const SectionInfo& section = plan_.sections()[part.section];
  try {
    ChunkBuilder builder(std::move(bench.buffer), options_.chunk_bytes);
    do {
      const std::uint32_t before = builder.records();
      bench.more = part.produce(builder);
      if (bench.more && builder.records() == before) {
        bench.error.emplace(
            ErrorCode::kRefused,
            fmt::format("a producer of section {} \"{}\" added no record, yet says that there are more", section.id, section.name));
        return;
      }
    } while (bench.more && !builder.full());
    if (builder.records() > 0) {
      bench.chunk = bench.encoder.encode(builder, section.compress);
    } else {
      bench.buffer = builder.release();
    }
  } catch (const std::exception& error) {
    bench.error.emplace(ErrorCode::kRefused,
                        fmt::format("a producer of section {} \"{}\" threw: {}", section.id, section.name, error.what()));
  }
}

// Back on the loop: what a task made.
void ImageSaver::take(std::size_t index, Bench& bench) {
  Part& part = parts_[index];
  bench.encoder.shrink_to(2 * buffer_bytes_);
  part.running = false;
  part.bytes -= buffer_bytes_;
  under_way_bytes_ -= buffer_bytes_;
  if (bench.error) {
    part.ended = true;
    if (!failure_) failure_ = *std::exchange(bench.error, std::nullopt);
    return;
  }
  if (bench.chunk) {
    part.bytes += bench.chunk->buffer.capacity();
    under_way_bytes_ += bench.chunk->buffer.capacity();
    part.ready.push_back(*std::exchange(bench.chunk, std::nullopt));
  } else {
    spare_buffers_.push_back(std::move(bench.buffer));
  }
  part.ended = !bench.more;
  if (bench.more) resumable_.insert(index);
}

Task<Result<void>> ImageSaver::write_ready() {
  std::vector<std::size_t> owners;
  std::vector<ImageWriter::Placed> chunks = gather(owners);
  start_tasks();  // the head may be another now
  CO_TRY(co_await writer_.write_chunks(chunks, give_way_));
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    AlignedBuffer& buffer = chunks[i].chunk.buffer;
    parts_[owners[i]].bytes -= buffer.capacity();
    under_way_bytes_ -= buffer.capacity();
    if (buffer.capacity() >= buffer_bytes_ && buffer.capacity() <= 2 * buffer_bytes_) spare_buffers_.push_back(std::move(buffer));
  }
  co_return ok();
}

// What is ready in the order of the file: of the head and, as far as parts have ended, of those behind it.
std::vector<ImageWriter::Placed> ImageSaver::gather(std::vector<std::size_t>& owners) {
  std::vector<ImageWriter::Placed> chunks;
  std::uint64_t bytes = 0;
  const std::uint64_t bytes_max = options_.pace ? 1 : kWriteBytes;  // who gives way writes chunk by chunk
  while (true) {
    Part& part = parts_[head_];
    auto chunk = part.ready.begin();
    for (; chunk != part.ready.end() && bytes < bytes_max; ++chunk) {
      bytes += chunk->file_bytes().size();
      chunks.push_back({part.section, std::move(*chunk)});
      owners.push_back(head_);
    }
    part.ready.erase(part.ready.begin(), chunk);
    if (!part.ended || !part.ready.empty() || head_ + 1 == parts_.size()) return chunks;
    ++head_;
  }
}

kj::Promise<void> ImageSaver::rest() {
  const std::chrono::nanoseconds delay = options_.pace();
  resting_ = delay > std::chrono::nanoseconds::zero();
  return resting_ ? clock_.after(delay) : kj::Promise<void>(kj::READY_NOW);
}

AlignedBuffer ImageSaver::take_buffer() {
  if (spare_buffers_.empty()) return AlignedBuffer(buffer_bytes_);
  AlignedBuffer buffer = std::move(spare_buffers_.back());
  spare_buffers_.pop_back();
  return buffer;
}

void ImageSaver::taskFailed(kj::Exception&& exception) {
  CHECK(false, exception.getDescription().cStr());
}

}  // namespace varve
