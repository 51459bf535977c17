// Collects the sections that a state machine declares for saving.
// Threads: the event loop's.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <vector>

#include "varve/error.h"
#include "varve/image.h"

namespace varve {

class SectionPlan final : public ImageSink {
 public:
  struct Part {
    std::size_t section;  // index
    RecordProducer produce;
  };

  void add_section(SectionInfo info, std::vector<RecordProducer> parts) override;

  // kInvalidArgument for the first section that was declared wrongly.
  Result<void> check() const;
  const std::vector<SectionInfo>& sections() const { return sections_; }
  std::vector<Part>& parts() { return parts_; }

 private:
  std::vector<SectionInfo> sections_;
  std::vector<Part> parts_;  // of all sections, in the order of the file
  std::set<std::uint32_t> ids_;
  std::optional<Error> defect_;
};

}  // namespace varve
