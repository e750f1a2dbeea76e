#include "pauca/penalty/l1.hpp"
#include "pauca/penalty/mcp.hpp"
#include "pauca/penalty/scad.hpp"
#include "pauca/penalty/structured/composite_mcp.hpp"
#include "pauca/penalty/structured/fused.hpp"
#include "pauca/penalty/structured/group.hpp"
#include "pauca/penalty/structured/k_support.hpp"
#include "pauca/penalty/structured/registry.hpp"
#include "pauca/penalty/structured/slope.hpp"
#include "pauca/penalty/structured/sparse_group.hpp"
#include "pauca/penalty/structured/spectral.hpp"

namespace pauca {

std::unique_ptr<VectorPenalty> make_structured(const StructuredSpec& s) {
  auto groups = [&] { return Groups(s.labels, s.sequence); };
  if (s.name == "slope")
    return std::make_unique<Slope>(Eigen::Map<const Vector>(s.sequence.data(), static_cast<Index>(s.sequence.size())));
  if (s.name == "fused") return std::make_unique<Fused>(s.shape.at(0));
  if (s.name == "group_l2") return std::make_unique<GroupPenalty<L1>>(L1{}, groups());
  if (s.name == "group_mcp") return std::make_unique<GroupPenalty<Mcp>>(Mcp{s.shape}, groups());
  if (s.name == "group_scad") return std::make_unique<GroupPenalty<Scad>>(Scad{s.shape}, groups());
  if (s.name == "sparse_group") return std::make_unique<SparseGroup>(groups(), s.shape.at(0));
  if (s.name == "composite_mcp") return std::make_unique<CompositeMcp>(groups(), s.shape.at(0));
  if (s.name == "k_support") return std::make_unique<KSupport>(groups(), static_cast<Index>(s.shape.at(0)));
  if (s.name == "nuclear_l1") return make_spectral("l1", s.shape, s.rows, s.cols);
  if (s.name == "nuclear_mcp") return make_spectral("mcp", s.shape, s.rows, s.cols);
  if (s.name == "nuclear_scad") return make_spectral("scad", s.shape, s.rows, s.cols);
  throw std::invalid_argument("penalty: no structured penalty is called '" + s.name + "'");
}

}  // namespace pauca
