#include "pauca/loss/registry.hpp"

#include "pauca/core/errors.hpp"
#include "pauca/loss/expectile.hpp"
#include "pauca/loss/gamma.hpp"
#include "pauca/loss/huber.hpp"
#include "pauca/loss/logistic.hpp"
#include "pauca/loss/poisson.hpp"
#include "pauca/loss/quadratic.hpp"
#include "pauca/loss/quantile.hpp"
#include "pauca/loss/squared_hinge.hpp"

namespace pauca {

std::unique_ptr<Loss> make_loss(const std::string& name, const std::vector<double>& shape, Vector y, Vector weights) {
  require(y.size() == weights.size(), "loss: expected as many weights as targets");
  if (name == "quadratic") return std::make_unique<QuadraticLoss>(std::move(y), std::move(weights));
  if (name == "logistic") return std::make_unique<LogisticLoss>(std::move(y), std::move(weights));
  if (name == "squared_hinge") return std::make_unique<SquaredHingeLoss>(std::move(y), std::move(weights));
  if (name == "poisson") return std::make_unique<PoissonLoss>(std::move(y), std::move(weights));
  if (name == "gamma") return std::make_unique<GammaLoss>(std::move(y), std::move(weights));
  if (name == "huber") return std::make_unique<HuberLoss>(std::move(y), std::move(weights), shape.at(0));
  if (name == "quantile")
    return std::make_unique<QuantileLoss>(std::move(y), std::move(weights), shape.at(0), shape.at(1));
  if (name == "expectile") return std::make_unique<ExpectileLoss>(std::move(y), std::move(weights), shape.at(0));
  throw std::invalid_argument("loss: no loss is called '" + name + "'");
}

}  // namespace pauca
