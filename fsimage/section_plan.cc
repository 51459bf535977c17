#include "fsimage/section_plan.h"

#include <fmt/format.h>

#include "fsimage/table_of_contents.h"

namespace varve {

void SectionPlan::add_section(SectionInfo info, std::vector<RecordProducer> parts) {
  std::string defect = section_defect(info);
  if (defect.empty() && !ids_.insert(info.id).second) defect = fmt::format("id {} is taken by another section", info.id);
  if (!defect.empty() && !defect_) defect_.emplace(ErrorCode::kInvalidArgument, fmt::format("a section was declared whose {}", defect));
  for (RecordProducer& produce : parts) parts_.push_back({sections_.size(), std::move(produce)});
  sections_.push_back(std::move(info));
}

Result<void> SectionPlan::check() const {
  if (defect_) return fail(*defect_);
  return {};
}

}  // namespace varve
