"""The API of rentals, balances and payments."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework import status
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from accounts.models import User
from common.api.output import represent
from common.api.schema import documented, page_of
from common.api.serializers import ListParameters
from common.api.views import ApiView
from common.statements import compiled
from rentals import services
from rentals.balance import balance_of
from rentals.models import Payment, Rental, RentalQuerySet
from rentals.serializers import (
    BalanceSerializer,
    PaymentInput,
    PaymentParameters,
    PaymentSerializer,
    ReasonInput,
    RentalInput,
    RentalParameters,
    RentalSerializer,
    VoidInput,
)


@compiled
def rental_with_charge(version: str, *, ref: int, at: datetime) -> QuerySet[Rental]:
    return Rental.objects.with_charge(version, at=at).filter(pk=ref)


class RentalView(ApiView):
    """The base class of the views of rentals."""

    queryset = Rental.objects.all()

    def rentals(self) -> RentalQuerySet:
        """Returns all rentals, with their charge by now in the tariff of the API version that was called."""
        return Rental.objects.with_charge(str(self.request.version), at=self.at)

    def answer(self, rental: Rental, status_code: int = status.HTTP_200_OK) -> Response:
        """Returns a rental as it is in the database, with its charge."""
        [stored] = rental_with_charge(str(self.request.version), ref=rental.pk, at=self.at)
        return Response(represent(RentalSerializer, stored), status_code)

    def changeable(self, ref: int) -> Rental:
        """Returns a rental that the caller may act on: staff of the library on any, residents on their own.

        Raises PermissionDenied for staff who may only see it.
        """
        caller = current_user(self.request)
        rental: Rental = get_object_or_404(Rental.objects.visible_to(caller), pk=ref)
        if rental.user_id != caller.pk and not caller.has_perm("rentals.change_rental"):
            raise PermissionDenied
        return rental


class RentalListView(RentalView):
    created_route = ("rental", "ref")
    serializer_class = RentalInput
    parameters_class = RentalParameters

    @documented(
        summary="Rentals, newest first",
        query=RentalParameters,
        answers={200: page_of(RentalSerializer)},
        errors=(400, 401),
        description="Staff see all rentals, residents their own.",
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.paginated_response(self.rentals().visible_to(current_user(request)), RentalSerializer)

    @documented(
        summary="Rent a book",
        body=RentalInput,
        answers={201: RentalSerializer},
        errors=(400, 401, 403, 409),
        description="Residents rent for themselves, staff for any resident. 409 if no copy is left for the resident, "
        "or if the resident already has the book, has `MAX_RENTALS` books, or owes more than `MAX_DEBT`. It fulfils a "
        "hold of the resident on the book. Also at `/api/v3/book_rentals/create`.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        body = self.validate_body()
        rental = services.rental_create(user=body["user"], book=body["book"], by=current_user(request), at=self.at)
        return self.answer(rental, status.HTTP_201_CREATED)


class RentalDetailView(RentalView):
    @documented(
        summary="A rental",
        answers={200: RentalSerializer},
        errors=(401, 404),
        description="For the resident who rented the book and for staff.",
    )
    def get(self, request: Request, ref: int, **kwargs: Any) -> Response:
        rental = get_object_or_404(self.rentals().visible_to(current_user(request)), pk=ref)
        return Response(represent(RentalSerializer, rental))


class RentalReturnView(RentalView):
    required_permissions = {"POST": "rentals.change_rental"}

    @documented(
        summary="Return a book",
        answers={200: RentalSerializer},
        errors=(401, 403, 404, 409),
        description="For staff of the library. The charge stops now. 409 if the rental is void or has already been "
        "returned.",
    )
    def post(self, request: Request, ref: int, **kwargs: Any) -> Response:
        rental = get_object_or_404(Rental.objects.all(), pk=ref)
        return self.answer(services.rental_return(rental=rental, at=self.at))


class RentalRenewView(RentalView):
    @documented(
        summary="Renew a rental",
        answers={200: RentalSerializer},
        errors=(401, 403, 404, 409),
        description="For the resident and for staff of the library. The rental is due `LOAN_DAYS` from now. 409 after "
        "`RENEWALS` times, if somebody waits for the book, or if the rental is void, returned, or more than "
        "`LONG_OVERDUE_DAYS` overdue.",
    )
    def post(self, request: Request, ref: int, **kwargs: Any) -> Response:
        return self.answer(services.rental_renew(rental=self.changeable(ref), at=self.at))


class RentalVoidView(RentalView):
    serializer_class = ReasonInput

    @documented(
        summary="Void a rental",
        body=ReasonInput,
        answers={200: RentalSerializer},
        errors=(400, 401, 403, 404, 409),
        description="A void rental costs nothing, and a copy that was out is free. For staff of the library; for the "
        "resident while it is out, within `CANCEL_MINUTES` of renting it themselves, and for the same book only once "
        "in 24 hours. 409 if the rental is already void.",
    )
    def post(self, request: Request, ref: int, **kwargs: Any) -> Response:
        rental, reason = self.changeable(ref), self.validate_body()["reason"]
        return self.answer(services.rental_void(rental=rental, reason=reason, by=current_user(request), at=self.at))


class ReturnUndoView(RentalView):
    serializer_class = ReasonInput
    required_permissions = {"POST": "rentals.change_rental"}

    @documented(
        summary="Undo a return",
        body=ReasonInput,
        answers={200: RentalSerializer},
        errors=(400, 401, 403, 404, 409),
        description="For staff of the library. The rental is out again as if it had never been returned, and its "
        "`charge` goes on. 409 if no copy is free, if the resident has the book again, if the rental is void or not "
        "returned, or if the account is closed.",
    )
    def post(self, request: Request, ref: int, **kwargs: Any) -> Response:
        rental = get_object_or_404(Rental.objects.all(), pk=ref)
        reason = self.validate_body()["reason"]
        return self.answer(
            services.rental_return_undo(rental=rental, reason=reason, by=current_user(request), at=self.at)
        )


class UserRentalListView(RentalView):
    parameters_class = ListParameters

    @documented(
        summary="A user's rentals, newest first",
        query=ListParameters,
        answers={200: page_of(RentalSerializer)},
        errors=(400, 401, 404),
        description="For that user and for staff.",
    )
    def get(self, request: Request, user_id: int, **kwargs: Any) -> Response:
        users = User.objects.visible_to(current_user(request), "rentals.view_rental")
        user = get_object_or_404(users.only("pk"), pk=user_id)
        return self.paginated_response(self.rentals().filter(user=user), RentalSerializer)


class BalanceView(ApiView):
    @documented(
        summary="A user's balance",
        answers={200: BalanceSerializer},
        errors=(401, 404),
        description="For that user and for staff.",
    )
    def get(self, request: Request, version: str, user_id: int) -> Response:
        caller = current_user(request)
        if user_id != caller.pk and not caller.has_perm("rentals.view_rental"):
            raise NotFound
        try:
            balance = balance_of(user_id, version=version, at=self.at)
        except User.DoesNotExist as error:
            raise NotFound from error
        return Response(BalanceSerializer(balance).data)


class PaymentListView(ApiView):
    created_route = ("payment", "payment_id")
    queryset = Payment.objects.all()
    serializer_class = PaymentInput
    parameters_class = PaymentParameters
    required_permissions = {"POST": "rentals.add_payment"}

    @documented(
        summary="Payments, newest first",
        query=PaymentParameters,
        answers={200: page_of(PaymentSerializer)},
        errors=(400, 401),
        description="Staff see all payments, residents their own.",
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.paginated_response(Payment.objects.visible_to(current_user(request)), PaymentSerializer)

    @documented(
        summary="Record a payment",
        body=PaymentInput,
        answers={201: PaymentSerializer},
        errors=(400, 401, 403),
        description="For staff of the accounts desk. `amount` is from 0.01 to 99999999.99.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        body = self.validate_body()
        payment = services.payment_record(
            user=body["user"], amount=body["amount"], note=body["note"], by=current_user(request), at=self.at
        )
        return Response(represent(PaymentSerializer, payment), status.HTTP_201_CREATED)


class PaymentView(ApiView):
    @documented(
        summary="A payment",
        answers={200: PaymentSerializer},
        errors=(401, 404),
        description="For the resident who paid and for staff.",
    )
    def get(self, request: Request, payment_id: int, **kwargs: Any) -> Response:
        payment = get_object_or_404(Payment.objects.visible_to(current_user(request)), pk=payment_id)
        return Response(represent(PaymentSerializer, payment))


class PaymentVoidView(ApiView):
    serializer_class = VoidInput
    required_permissions = {"POST": "rentals.change_payment"}

    @documented(
        summary="Void a payment",
        body=VoidInput,
        answers={200: PaymentSerializer},
        errors=(400, 401, 403, 404, 409),
        description="A void payment does not count in the balance. 409 if the payment is already void.",
    )
    def post(self, request: Request, payment_id: int, **kwargs: Any) -> Response:
        payment = get_object_or_404(Payment.objects.all(), pk=payment_id)
        reason = self.validate_body()["note"]
        payment = services.payment_void(payment=payment, reason=reason, by=current_user(request), at=self.at)
        return Response(represent(PaymentSerializer, payment))
