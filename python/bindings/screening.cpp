// Screening: one object that holds the prepared target and scores blocks of columns.

#include "pauca/screening/screener.hpp"

#include "bindings.hpp"
#include "checks.hpp"
#include "pauca/core/errors.hpp"

namespace pauca::python {
namespace {

using namespace pauca::screening;

template <class Enum>
Enum by_name(const char* argument, const std::string& name, std::initializer_list<std::pair<const char*, Enum>> names) {
  for (const auto& [known, value] : names)
    if (name == known) return value;
  throw std::invalid_argument(std::string(argument) + ": got '" + name + "'");
}

Screener make_screener(const CArray<double>& y, int kind, const std::string& method, const std::string& bandwidth,
                       double bandwidth_factor, int grid, const std::string& bins, int n_bins, int neighbors,
                       bool bias_correction, const std::string& normalize, bool ranks, int max_levels,
                       std::uint64_t seed) {
  require(kind >= -1 && kind <= 1, "kind: expected -1, 0 or 1");
  Options o;
  o.method = by_name<Method>("criterion", method,
                             {{"kde", Method::kde},
                              {"binning", Method::binning},
                              {"knn", Method::nearest},
                              {"correlation", Method::correlation},
                              {"distance_correlation", Method::distance}});
  o.bandwidth =
      by_name<Bandwidth>("bandwidth", bandwidth,
                         {{"scott", Bandwidth::scott}, {"silverman", Bandwidth::silverman}, {"isj", Bandwidth::isj}});
  o.bandwidth_factor = bandwidth_factor;
  o.grid = grid;
  o.bins = by_name<Bins>("bins", bins, {{"birge-rozenholc", Bins::birge_rozenholc}, {"quantile", Bins::quantile}});
  o.n_bins = n_bins;
  o.neighbors = neighbors;
  o.bias_correction = bias_correction;
  o.normalize =
      by_name<Normalize>("normalize", normalize,
                         {{"none", Normalize::none}, {"linfoot", Normalize::linfoot}, {"entropy", Normalize::entropy}});
  o.ranks = ranks;
  o.max_levels = max_levels;
  o.seed = seed;
  return Screener(vector_view(y), static_cast<Kind>(kind), o);
}

template <class T>
py::dict score(const Screener& screener, const Strided<T>& x, Index first,
               const std::optional<CArray<std::int8_t>>& kinds, Index permutations, int n_threads,
               py::object callback) {
  require(x.ndim() == 2, "X: expected a two-dimensional array");
  const Index size = sizeof(T);
  require(x.strides(0) % size == 0 && x.strides(1) % size == 0, "X: expected aligned entries");
  require(!kinds || kinds->size() == x.shape(1), "kinds: expected one entry a column");
  require(permutations >= 0, "permutations: expected no negative number");
  const Block<T> block{x.data(), x.shape(0), x.shape(1), x.strides(0) / size, x.strides(1) / size, first};
  const Kind* given = kinds ? reinterpret_cast<const Kind*>(kinds->data()) : nullptr;
  const BlockScores s = run_released(std::move(callback), [&](Monitor& monitor) {
    return screener.score(block, given, permutations, n_threads, monitor);
  });
  py::dict d;
  d["score"] = to_numpy(s.score);
  d["levels"] = to_numpy(s.levels);
  d["observed"] = to_numpy(s.observed);
  d["null"] = to_numpy(s.null);
  return d;
}

}  // namespace

void register_screening(py::module_& m) {
  py::class_<Screener> c(m, "Screener", py::module_local());
  c.def(py::init(&make_screener), py::arg("y"), py::kw_only(), py::arg("kind"), py::arg("method"), py::arg("bandwidth"),
        py::arg("bandwidth_factor"), py::arg("grid"), py::arg("bins"), py::arg("n_bins"), py::arg("neighbors"),
        py::arg("bias_correction"), py::arg("normalize"), py::arg("ranks"), py::arg("max_levels"), py::arg("seed"));
  c.def_property_readonly("target_levels", &Screener::target_levels);
  auto def = [&](auto f) {
    c.def("score", f, py::arg("x").noconvert(), py::kw_only(), py::arg("first"), py::arg("kinds"),
          py::arg("permutations"), py::arg("n_threads"), py::arg("callback"));
  };
  def(&score<double>);
  def(&score<float>);
}

}  // namespace pauca::python
