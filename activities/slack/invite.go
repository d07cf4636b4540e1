package slack

import (
	"context"
	"slices"

	"github.com/ringdown/ringdown/models"
	api "github.com/slack-go/slack"
)

// Source: Slack, conversations.invite and users.lookupByEmail.
var (
	invites  = op{"invite", "channels:manage"}
	looksWho = op{"look for the account", "users:read.email"}
)

// Invited is what became of an invitation.
type Invited struct {
	Status models.InvitationStatus // invited, named or failed; named means that they have no account that could be invited
	Why    string                  // they are not in the channel; empty when they are
}

// personal are refusals that concern one person alone. Source: Slack, conversations.invite, errors.
var personal = []string{
	"cant_invite", "user_is_restricted", "user_is_ultra_restricted", "user_is_bot", "ura_max_channels", "no_permission",
	"no_external_invite_permission", "invitee_cant_see_channel", "org_user_not_in_team",
}

// Invite puts a user into a channel: the account that the directory names, else the one with the
// user's e-mail address. Somebody who is there already is invited. An error concerns more than this
// user.
func (c *Client) Invite(ctx context.Context, channelID string, u models.User) (Invited, error) {
	if u.SlackUserID != "" {
		invited, err := c.invite(ctx, channelID, u.SlackUserID)
		if err != nil || invited.Status != models.InvitationNamed {
			return invited, err
		}
	}
	account, err := c.byEmail(ctx, u.Email)
	switch {
	case CodeOf(err) == codeUsersNotFound:
		return Invited{models.InvitationNamed, "nobody has their e-mail address there"}, nil
	case err != nil:
		return Invited{}, err
	case account.Deleted:
		return Invited{models.InvitationNamed, "their account there is deactivated"}, nil
	default:
		return c.invite(ctx, channelID, account.ID)
	}
}

func (c *Client) invite(ctx context.Context, channelID, account string) (Invited, error) {
	err := c.ask(ctx, invites, func(ctx context.Context, slack *api.Client) error {
		_, err := slack.InviteUsersToConversationContext(ctx, channelID, account)
		return err
	})
	switch code := CodeOf(err); {
	case err == nil, code == codeAlreadyThere:
		return Invited{Status: models.InvitationSent}, nil
	case code == codeUserNotFound:
		return Invited{models.InvitationNamed, "the account that the directory names is not there"}, nil
	case code == codeInviteSelf:
		return Invited{models.InvitationNamed, "their account there is the app's own"}, nil
	case slices.Contains(personal, code):
		return Invited{models.InvitationFailed, err.Error()}, nil
	default:
		return Invited{}, err
	}
}

func (c *Client) byEmail(ctx context.Context, email string) (account api.User, err error) {
	err = c.ask(ctx, looksWho, func(ctx context.Context, slack *api.Client) error {
		found, err := slack.GetUserByEmailContext(ctx, email)
		if err == nil {
			account = *found
		}
		return lacks(err, account.ID)
	})
	return account, err
}
