// Survival: the baseline hazard of a Cox model and pair counts.

#include "pauca/survival/concordance.hpp"

#include "bindings.hpp"
#include "checks.hpp"
#include "pauca/loss/cox.hpp"

namespace pauca::python {

void register_survival(py::module_& m) {
  m.def(
      "cox_baseline",
      [](const CArray<double>& target, const CArray<double>& weights, bool efron, const CArray<double>& eta) {
        const CoxLoss loss(vector_view(target), vector_view(weights), efron ? Ties::efron : Ties::breslow);
        expect("eta", eta.size(), loss.size());
        const auto& times = loss.event_times();
        const auto& begin = loss.stratum_begin();
        return py::make_tuple(py::array_t<double>(static_cast<py::ssize_t>(times.size()), times.data()),
                              to_numpy(loss.baseline(vector_view(eta))),
                              py::array_t<Index>(static_cast<py::ssize_t>(begin.size()), begin.data()));
      },
      py::arg("target"), py::arg("weights"), py::arg("efron"), py::arg("eta"));
  m.def(
      "concordance",
      [](const CArray<double>& target, const CArray<double>& weights, const CArray<double>& risk) {
        const auto c = survival::concordance(vector_view(target), vector_view(weights), vector_view(risk));
        return py::make_tuple(c.concordant, c.discordant, c.tied);
      },
      py::arg("target"), py::arg("weights"), py::arg("risk"));
}

}  // namespace pauca::python
